// Says whether the review is kept as it promised, on the day that a page is read: a page cannot know
// when it is built how late it will be, and a dead pipeline would never tell.
(() => {
  const line = document.querySelector(".lr-fresh");
  if (!line) return;
  const words = { green: "Up to date", due: "Update due", overdue: "Update overdue", lapsed: "Meets its rule for retirement", retired: "Retired" };
  // Days as year-month-day compare as text.
  const today = new Date().toISOString().slice(0, 10);
  // What was written before there were such days holds none of them.
  const passed = (day) => Boolean(day) && today >= day;
  const state = ({ retired, lapses, overdue, due }) =>
    retired ? "retired" : passed(lapses) ? "lapsed" : passed(overdue) ? "overdue" : passed(due) ? "due" : "green";

  const banner = (said, now) => {
    const article = document.querySelector("article.bd-article") || document.querySelector("main");
    if (!article || document.querySelector(".lr-retired") || !["overdue", "lapsed", "retired"].includes(now)) return;
    const box = document.createElement("div");
    box.className = `lr-notice lr-${now}`;
    box.setAttribute("role", "status");
    article.prepend(box);
    const late = `This review is not being kept as it promised. ${said.words}.`;
    // Put in empty first: a screen reader announces what changes inside of it.
    requestAnimationFrame(() => {
      box.textContent = { retired: said.notice, lapsed: said.lapsed }[now] ?? late;
    });
  };

  const show = (said) => {
    const now = state(said);
    const word = document.createElement("strong");
    word.textContent = words[now];
    line.dataset.state = now;
    line.replaceChildren(word, ` \u00b7 ${said.words}`);
    banner(said, now);
  };

  // A version keeps its words for good; what the review does now stands beside all versions.
  const live = async () => {
    const meta = document.querySelector('meta[name="review-version"]');
    const book = new URL(document.documentElement.dataset.content_root || "./", location.href);
    const placed = meta && [meta.content, "latest"].includes(book.pathname.split("/").at(-2));
    if (!placed || !location.protocol.startsWith("http")) return null;
    const answer = await fetch(new URL("../freshness.json", book), { cache: "no-cache" }).catch(() => null);
    const said = answer && answer.ok ? await answer.json().catch(() => null) : null;
    return said && said.format === 1 ? said : null;
  };

  const own = { ...line.dataset, words: line.textContent };
  live().then((said) => show(said || own));
})();
