// What the tests ask of a page: each function returns what is at fault or what is seen, as `look.small()`.

(() => {
  const all = selector => [...document.querySelectorAll(selector)];

  // Axe would otherwise ask for the style sheets once more, and for an imported one at the wrong place.
  const ask = (place, rules) => axe.run(place, {
    preload: false, resultTypes: ["violations", "incomplete"], ...rules
  }).then(done => {
    // Of words in the colour of their ground axe is not sure; we are.
    const unseen = node => node.any.some(check => check.data && check.data.messageKey === "equalRatio");
    const doubts = done.incomplete.map(fault => ({...fault, nodes: fault.nodes.filter(unseen)}));
    return [...done.violations, ...doubts].flatMap(fault => fault.nodes.map(node => [fault.id, node.target]));
  });

  const structure = () => ask("html", {rules: {"color-contrast": {enabled: false}}});

  // Reading the contrast of every word takes nine tenths of the time; words that look the same have the same.
  const contrast = () => {
    const met = new Set();
    for (const node of document.body.querySelectorAll("*")) {
      delete node.dataset.look;
      if (![...node.childNodes].some(part => part.nodeType === Node.TEXT_NODE && part.data.trim())) continue;
      const {color, fontSize, fontWeight} = getComputedStyle(node), grounds = new Set();
      for (let above = node; above; above = above.parentElement) {
        const {backgroundColor, backgroundImage, opacity} = getComputedStyle(above);
        grounds.add([backgroundColor, backgroundImage, opacity].join());
      }
      const look = [color, fontSize, fontWeight, node.checkVisibility(), ...grounds].join();
      if (!met.has(look)) node.dataset.look = "first";
      met.add(look);
    }
    return ask("[data-look]", {runOnly: ["color-contrast"]});
  };

  // Links within the text are as high as its lines; what stands alone is as large as a fingertip.
  const small = () => all("button, summary, select, input, [role=button]").filter(node => {
    const box = (node.closest("label") || node).getBoundingClientRect();
    return node.checkVisibility() && box.width > 0 && Math.min(box.width, box.height) < 43.5;
  }).map(node => node.outerHTML.slice(0, 120));

  // Charts that scroll sideways, and the height of the words drawn in charts, as large as they are seen.
  const sideways = () => all(".lr-chart")
    .filter(box => box.clientWidth && box.scrollWidth > box.clientWidth)
    .map(box => box.querySelector("svg.marks").getAttribute("aria-label"));
  const words = () => all(".lr-chart .lr-live text").filter(word => word.textContent)
    .map(word => [parseFloat(getComputedStyle(word).fontSize), word.getScreenCTM()])
    .map(([size, turned]) => size * Math.hypot(turned.a, turned.b));

  const longest = times => Math.max(...times.split(",").map(parseFloat));
  const moving = () => all("*").filter(node => {
    const style = getComputedStyle(node);
    return longest(style.transitionDuration) > .001 || longest(style.animationDuration) > .001;
  }).map(node => node.outerHTML.slice(0, 80));

  const colours = () => all(".lr-chart").map(chart =>
    [...chart.querySelectorAll(".lr-live text, .lr-live path, .lr-live line")]
      .flatMap(part => [getComputedStyle(part).fill, getComputedStyle(part).stroke]));

  window.look = {structure, contrast, small, sideways, words, moving, colours};
})();
