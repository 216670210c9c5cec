// Lets readers sort and filter a long table, and says where one goes on sideways.  Without scripts it stands whole.
const cells = (row) => [...row.children];
const key = (cell) => {
  const text = cell.textContent.trim();
  const number = Number(text.replace("\u2212", "-"));
  return text !== "" && !Number.isNaN(number) ? number : text.toLowerCase();
};
const unseen = (value) => value === "\u2013" || value === "";
const order = (one, other, way) => {
  // What was not seen comes last, whichever way the rest is sorted.
  if (unseen(one) !== unseen(other)) return unseen(one) ? 1 : -1;
  return one < other ? -way : one > other ? way : 0;
};

const makeSortable = (table) => {
  const heads = cells(table.tHead.rows[0]);
  heads.forEach((head, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "lr-sort";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const rows = [...table.tBodies[0].rows];
      const way = up ? 1 : -1;
      rows.sort((a, b) => order(key(cells(a)[place]), key(cells(b)[place]), way));
      table.tBodies[0].append(...rows);
    });
  });
};

const choice = (table, place, name, apply) => {
  const label = document.createElement("label");
  const list = document.createElement("select");
  const values = new Set([...table.tBodies[0].rows].map((row) => cells(row)[place].textContent.trim()));
  list.append(new Option("all", ""), ...[...values].sort().map((value) => new Option(value, value)));
  list.addEventListener("change", apply);
  label.append(`${name} `, list);
  return { label, fits: (row) => !list.value || cells(row)[place].textContent.trim() === list.value };
};

const least = (place, name, apply) => {
  const label = document.createElement("label");
  const field = document.createElement("input");
  Object.assign(field, { type: "number", min: 0, inputMode: "numeric" });
  field.addEventListener("input", apply);
  label.append(`${name} `, field);
  const fits = (row) => !field.value || Number(cells(row)[place].textContent) >= Number(field.value);
  return { label, fits };
};

const makeFilterable = (table) => {
  const box = document.createElement("div");
  box.className = "lr-filters";
  const said = document.createElement("p");
  said.setAttribute("role", "status");
  const rows = [...table.tBodies[0].rows];
  let filters = [];
  const apply = () => {
    let shown = 0;
    for (const row of rows) {
      row.hidden = !filters.every((filter) => filter.fits(row));
      shown += !row.hidden;
    }
    said.textContent = `${shown} of ${rows.length} shown`;
  };
  cells(table.tHead.rows[0]).forEach((head, place) => {
    const name = head.textContent.trim();
    if (head.dataset.filter === "choice") filters.push(choice(table, place, name, apply));
    if (head.dataset.filter === "least") filters.push(least(place, `${name} from`, apply));
  });
  box.append(...filters.map((filter) => filter.label), said);
  table.closest(".lr-scroll").before(box);
  apply();
};

// Asked again when a page is turned, zoomed, or a part of it opened.
const watch = new ResizeObserver((boxes) => {
  for (const { target } of boxes) target.classList.toggle("lr-more", target.scrollWidth > target.clientWidth + 1);
});

// A table that takes the margin has the theme fold the list of contents there.
const aside = document.querySelector(".bd-sidebar-secondary");
const inMargin = new Set();
const fold = new IntersectionObserver((boxes) => {
  for (const { target, isIntersecting } of boxes) {
    const wide = target.firstElementChild.offsetWidth > target.parentElement.clientWidth;
    inMargin[isIntersecting && wide ? "add" : "delete"](target);
  }
  aside.classList.toggle("hide", inMargin.size > 0);
}, { rootMargin: "0px 0px -33% 0px" });

const start = () => {
  if (aside) for (const box of document.querySelectorAll(".lr-wide")) fold.observe(box);
  for (const box of document.querySelectorAll(".lr-scroll")) watch.observe(box);
  for (const table of document.querySelectorAll("table.lr-sortable")) {
    makeFilterable(table);
    makeSortable(table);
  }
};
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
