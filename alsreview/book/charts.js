// Draws each chart when it comes near the window.  The static picture stays for print, for
// readers without scripts, and whenever drawing fails.
const draw = async (holder) => {
  const picture = holder.querySelector("img.als-static");
  const source = holder.querySelector("script.als-spec");
  if (!picture || !source) return;
  const live = document.createElement("div");
  live.className = "als-live";
  holder.append(live);
  try {
    const spec = JSON.parse(source.textContent);
    // `ast` evaluates expressions without eval, so a strict content policy can hold.
    await vegaEmbed(live, spec, { actions: false, renderer: "svg", ast: true, tooltip: true });
    const drawn = live.querySelector("svg.marks");
    // On a phone the chart scrolls in its box: shrunk to the page its words could not be read.
    drawn.style.minWidth = `${Math.min(parseFloat(drawn.getAttribute("width")) || 0, 520)}px`;
    // One label for the whole picture: its parts are in the table below it.
    drawn.setAttribute("role", "img");
    drawn.setAttribute("aria-label", picture.alt);
    for (const part of drawn.querySelectorAll("[role], [aria-label], [aria-roledescription]")) {
      for (const name of ["role", "aria-label", "aria-roledescription"]) part.removeAttribute(name);
      part.setAttribute("aria-hidden", "true");
    }
    live.removeAttribute("role");
    holder.classList.add("als-drawn");
  } catch (error) {
    live.remove();
    holder.dataset.error = String(error);
  }
};

const start = () => {
  const holders = document.querySelectorAll(".als-chart");
  if (!("IntersectionObserver" in window)) return holders.forEach(draw);
  const watcher = new IntersectionObserver((seen) => {
    for (const entry of seen) {
      if (!entry.isIntersecting) continue;
      watcher.unobserve(entry.target);
      draw(entry.target);
    }
  }, { rootMargin: "400px" });
  holders.forEach((holder) => watcher.observe(holder));
};

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
