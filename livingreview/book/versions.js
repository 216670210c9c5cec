// On a page of the site, offers the other versions, and says on an old one what is newer and on a draft what
// to cite.  The list it reads belongs to the site: this page stays as it is while newer versions appear.
(() => {
  const meta = document.querySelector('meta[name="review-version"], meta[name="review-draft"]');
  const book = new URL(document.documentElement.dataset.content_root || "./", location.href);
  const folder = book.pathname.split("/").at(-2);
  const isDraft = meta && meta.name === "review-draft";
  const folders = isDraft ? ["draft"] : [meta && meta.content, "latest"];
  // Elsewhere, as in an unpacked archive, there is no list to ask for.
  if (!meta || !location.protocol.startsWith("http") || !folders.includes(folder)) return;
  const version = meta.content;
  const site = new URL("../", book);
  const page = decodeURIComponent(location.pathname.slice(book.pathname.length)) || "index.html";

  const make = (tag, attributes, ...content) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...content);
    return made;
  };

  // A version may lack this page: its first page is then better than none.
  const way = (path, words, here, pages) => {
    const link = make("a", { href: new URL(!pages || pages.includes(page) ? page : "index.html", new URL(path, site)) }, words);
    if (here) link.setAttribute("aria-current", "true");
    link.addEventListener("click", () => {
      if (!pages || pages.includes(page)) link.hash = location.hash;
    });
    return make("li", {}, link);
  };

  const switcher = (said) => {
    const label = isDraft ? "Unreleased draft" : `Version ${version}${folder === "latest" ? " (latest)" : ""}`;
    const list = make("ul", {}, way("latest/", `Latest (${said.latest})`, folder === "latest"));
    for (const each of said.versions) {
      list.append(way(each.path, `${each.version} of ${each.date}`, each.version === folder, each.pages));
    }
    list.append(make("li", {}, make("a", { href: new URL("versions/", site) }, "All versions, with their answers")));
    const details = make("details", {}, make("summary", {}, label), list);
    document.addEventListener("click", (event) => {
      if (!details.contains(event.target)) details.open = false;
    });
    details.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !details.open) return;
      details.open = false;
      details.firstElementChild.focus();
    });
    return make("nav", { class: "lr-versions", "aria-label": "Versions of this review" }, details);
  };

  const draftBanner = (said) => {
    const link = make("a", { href: new URL(`${said.latest}/`, site) }, `Read version ${said.latest}`);
    const words = ` It is newer than version ${said.latest} and may still change; please cite the version.`;
    return [make("p", {}, make("strong", {}, "This is an unreleased draft."), words), make("p", {}, link)];
  };

  const banner = (said, own) => {
    const link = make("a", { href: new URL(`latest/${page}`, site) + location.hash }, "Read this page in the latest version");
    const old = make("strong", {}, `This is version ${version} of ${own.date}.`);
    return [make("p", {}, old, ` Version ${said.latest} is newer. ${own.since}`), make("p", {}, link)];
  };

  const show = (said) => {
    said.versions = said.versions.filter((each) => /^\d{4}\.\d+\/$/.test(each.path));
    const place = document.querySelector(".header-article-items__start") || document.querySelector("main");
    if (place) place.append(switcher(said));
    const own = said.versions.find((each) => each.version === version);
    const article = document.querySelector("article.bd-article") || document.querySelector("main");
    const older = own && folder !== "latest" && said.latest !== version;
    if (!article || !(older || (isDraft && said.latest))) return;
    // Put in empty first: a screen reader announces what changes inside of it.
    const box = make("div", { class: "lr-newer", role: "status" });
    article.prepend(box);
    requestAnimationFrame(() => box.append(...(isDraft ? draftBanner(said) : banner(said, own))));
  };

  const start = async () => {
    const answer = await fetch(new URL("versions.json", site), { cache: "no-cache" }).catch(() => null);
    const said = answer && answer.ok ? await answer.json().catch(() => null) : null;
    if (said && said.format === 1) show(said);
  };
  start();
})();
