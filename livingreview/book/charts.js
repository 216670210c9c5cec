// Draws each chart when it comes near the window, in the form that fits its width.  The static
// picture stays for print, for readers without scripts, and whenever drawing fails.
const WIDE = 680;  // px; the width of every wide form, with its axes and words
const form = (holder) => {
  const narrow = holder.querySelector("script.lr-spec-narrow");
  return narrow && holder.clientWidth < 0.97 * WIDE ? narrow : holder.querySelector("script.lr-spec");
};

// One label for the whole picture: its parts are in the table below it.
const describe = (live, drawn, words) => {
  drawn.setAttribute("role", "img");
  drawn.setAttribute("aria-label", words);
  for (const part of drawn.querySelectorAll("[role], [aria-label], [aria-roledescription]")) {
    for (const name of ["role", "aria-label", "aria-roledescription"]) part.removeAttribute(name);
    part.setAttribute("aria-hidden", "true");
  }
  live.removeAttribute("role");
};

// What has one form only scrolls in its box: shrunk to a phone its words could not be read.
const fit = (holder, drawn) => {
  const wide = parseFloat(drawn.getAttribute("width")) || 0;
  const scrolls = holder.clientWidth < 0.97 * wide && !drawn.closest(".lr-narrow");
  drawn.style.minWidth = scrolls ? `${wide}px` : "";
  if (scrolls) holder.tabIndex = 0;
  else holder.removeAttribute("tabindex");
};

const draw = async (holder) => {
  const picture = holder.querySelector("img.lr-static");
  const source = picture && holder.querySelector("script.lr-spec") ? form(holder) : null;
  // A box that is folded away has no width to choose by.
  if (!source || source === holder.lrForm || !holder.clientWidth) return;
  holder.lrForm = source;
  const live = document.createElement("div");
  live.className = `lr-live${source.classList.contains("lr-spec-narrow") ? " lr-narrow" : ""}`;
  holder.append(live);
  try {
    const spec = JSON.parse(source.textContent);
    // `ast` evaluates expressions without eval, so a strict content policy can hold.
    const options = { actions: false, renderer: "svg", ast: true, tooltip: true, loader: { target: "_self" } };
    const made = await vegaEmbed(live, spec, options);
    // Turned meanwhile, or drawn before in the other form: one drawing stays.
    if (holder.lrForm !== source) return live.remove(), made.finalize();
    const drawn = live.querySelector("svg.marks");
    describe(live, drawn, picture.alt);
    holder.lrMade?.view.finalize();
    holder.querySelectorAll(".lr-live").forEach((other) => other !== live && other.remove());
    holder.lrMade = made;
    fit(holder, drawn);
    holder.classList.add("lr-drawn");
  } catch (error) {
    live.remove();
    holder.dataset.error = String(error);
  }
};

const start = () => {
  const holders = document.querySelectorAll(".lr-chart");
  if (!("ResizeObserver" in window)) return holders.forEach(draw);
  const turned = new ResizeObserver((seen) => {
    for (const { target } of seen) {
      draw(target);
      const drawn = target.querySelector(".lr-live svg.marks");
      if (drawn) fit(target, drawn);
    }
  });
  const watcher = new IntersectionObserver((seen) => {
    for (const entry of seen) {
      if (!entry.isIntersecting) continue;
      watcher.unobserve(entry.target);
      turned.observe(entry.target);
    }
  }, { rootMargin: "400px" });
  holders.forEach((holder) => watcher.observe(holder));
};

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
