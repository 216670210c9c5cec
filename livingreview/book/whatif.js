// The what-if forest: a reader switches studies in and out.  Every result was computed by the review's
// own kernel and stands in the page; this script looks it up, draws it and says it.
(() => {
  const DASH = "\u2013", MINUS = "\u2212", AT_LEAST_TO_DRAW_PREDICTION = 5;

  // toFixed rounds an exact half away from zero, as the page's other numbers do.
  const number = (x, digits = 2) =>
    x === null ? DASH : x.toFixed(digits).replace(/^-(?=[0.]*$)/, "").replace("-", MINUS);
  const interval = (low, high) => (low === null ? DASH : `${number(low)} to ${number(high)}`);
  const percent = (x) => `${number(x, 0)}%`;
  // A name in any script keeps its own direction and leaves that of the sentence alone.
  const isolated = (text) => `\u2068${text}\u2069`;
  const listed = (names) =>
    names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;

  const make = (name, options = {}, ...children) => {
    const node = Object.assign(document.createElement(name), options);
    node.append(...children);
    return node;
  };
  const svg = (name, attributes, ...children) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  };

  const lookUp = (measure, members, method, way) => {
    if (!members) return { k: 0, units: [] };
    const units = measure.units.filter((_, i) => (members >> i) & 1);
    const row = measure.rows[method][members - 1];
    const [estimate, tau2, i2] = row;
    const at = 3 + 5 * measure.intervals.findIndex(([key]) => key === way);
    const [low, high, piLow, piHigh, verdict] = row.slice(at, at + 5);
    const people = units.some((unit) => unit.people === null) ? null : units.reduce((n, unit) => n + unit.people, 0);
    return { k: units.length, units, people, estimate, tau2, i2, low, high, piLow, piHigh, verdict: measure.verdicts[verdict] };
  };
  const ownState = (measure) => ({ measure, ...measure.own });
  const resultOf = (state) => lookUp(state.measure, state.members, state.method, state.interval);

  // What a shared address says; null when it asks for anything that this page does not have.  Only
  // letters, digits, "_" and "-" stand in it: the theme reads each address as a CSS selector.
  const read = (text, measures) => {
    const parts = text.split("--").filter(Boolean).map((part) => /^([a-z0-9]+)-(.*)$/s.exec(part));
    const known = ["measure", "in", "interval", "tau2"];
    if (parts.some((part) => !part || !known.includes(part[1]))) return null;
    const asked = new Map(parts.map(([, key, value]) => [key, value]));
    if (asked.size < parts.length) return null;
    const measure = asked.has("measure") ? measures.find((each) => each.id === asked.get("measure")) : measures[0];
    if (!measure) return null;
    const state = ownState(measure);
    const pick = (key, name, among) => {
      if (!asked.has(name)) return true;
      state[key] = asked.get(name);
      return among.some(([value]) => value === state[key]);
    };
    if (!pick("interval", "interval", measure.intervals) || !pick("method", "tau2", measure.methods)) return null;
    if (!asked.has("in")) return state;
    const ids = asked.get("in").split("-").filter(Boolean);
    const places = ids.map((id) => measure.units.findIndex((unit) => unit.id === id));
    if (places.includes(-1) || new Set(places).size < places.length) return null;
    return { ...state, members: places.reduce((bits, i) => bits | (1 << i), 0) };
  };
  const write = (state) => {
    const ids = state.measure.units.filter((_, i) => (state.members >> i) & 1).map((unit) => unit.id);
    const parts = { measure: state.measure.id, in: ids.join("-"), interval: state.interval, tau2: state.method };
    return Object.entries(parts).map(([key, value]) => `--${key}-${value}`).join("");
  };
  // Another measure starts from the protocol's units for it, less those that the reader left out.
  const carried = (state, measure) => {
    const out = new Set(state.measure.units.filter((_, i) => !((state.members >> i) & 1)).map((unit) => unit.id));
    const kept = measure.units.map((unit, i) => (unit.own && !out.has(unit.id) ? 1 << i : 0));
    const known = measure.methods.some(([key]) => key === state.method);
    return { ...state, measure, members: kept.reduce((a, b) => a | b, 0), method: known ? state.method : measure.own.method };
  };

  const level = (measure) => `${Math.round(100 * measure.level)}%`;
  const wordsOf = (pairs, key) => pairs.find(([value]) => value === key)[1];
  const changes = (before, after) => {
    const said = [];
    if (before.measure !== after.measure) said.push(`The measure is now ${after.measure.unit}.`);
    else {
      const moved = (now) => after.measure.units
        .filter((_, i) => ((before.members ^ after.members) >> i) & 1 && ((after.members >> i) & 1) === now)
        .map((unit) => isolated(unit.label));
      const ways = [[moved(0), "left out"], [moved(1), "brought in"]];
      for (const [names, what] of ways) {
        if (names.length) said.push(`${listed(names)} ${names.length > 1 ? "are" : "is"} ${what}.`);
      }
    }
    if (before.interval !== after.interval) said.push(`The confidence interval is now ${wordsOf(after.measure.intervals, after.interval)}.`);
    if (before.method !== after.method) said.push(`The model is now ${wordsOf(after.measure.methods, after.method)}.`);
    return said;
  };
  const outcome = (before, after) => {
    const was = resultOf(before), is = resultOf(after), unit = after.measure.unit;
    const limits = `${level(after.measure)} CI`;
    if (is.k === 0) return ["No study is included, so there is no result."];
    if (is.k === 1) {
      const alone = `${isolated(is.units[0].label)} alone gives ${number(is.estimate)} ${unit} (${limits} ${interval(is.low, is.high)})`;
      return [`${alone}; one study is not a meta-analysis, so nothing is pooled.`];
    }
    if (was.k < 2 || before === after || before.measure !== after.measure) {
      return [`The difference is ${number(is.estimate)} ${unit}, its ${limits} ${interval(is.low, is.high)}, and I\u00b2 is ${percent(is.i2)}.`, is.verdict];
    }
    const same = number(was.estimate) === number(is.estimate);
    const moved = same ? `stays ${number(is.estimate)}` : `goes from ${number(was.estimate)} to ${number(is.estimate)}`;
    const old = interval(was.low, was.high), now = interval(is.low, is.high);
    const [wide, wider] = [was, is].map((each) => number(each.high - each.low));
    const how = wide === wider ? "as wide as" : is.high - is.low > was.high - was.low ? "wider than" : "narrower than";
    const ends = old === now ? `its ${limits} stays ${now}` : `its ${limits} is now ${now}, ${how} before (${old})`;
    const spread = percent(was.i2) === percent(is.i2) ? `stays ${percent(is.i2)}` : `goes from ${percent(was.i2)} to ${percent(is.i2)}`;
    return [`The difference ${moved} ${unit}, ${ends}, and I\u00b2 ${spread}.`, is.verdict];
  };

  const scaleOf = (measure) => {
    const own = resultOf(ownState(measure));
    const values = [0, own.low, own.high, ...measure.units.flatMap((unit) => [unit.low, unit.high])];
    const low = Math.min(...values), high = Math.max(...values), room = (high - low) * 0.06 || 1;
    const [from, to] = [low - room, high + room];
    const rough = (to - from) / 5, power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find((each) => each * power >= rough);
    const ticks = [];
    for (let i = Math.ceil(from / step); i * step <= to; i += 1) ticks.push(i * step);
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    return { from, to, ticks, digits, place: (x) => (100 * (x - from)) / (to - from) };
  };
  const at = (x) => `${x.toFixed(3)}%`;
  const strip = (scale, height, ...parts) => {
    const zero = at(scale.place(0));
    const line = svg("line", { x1: zero, x2: zero, y1: 0, y2: "100%", class: "lr-wi-zero" });
    return svg("svg", { width: "100%", height, "aria-hidden": "true", focusable: "false" }, line, ...parts);
  };
  const clipped = (scale, x) => Math.min(100, Math.max(0, scale.place(x)));
  // Limits beyond the axis end in an arrow head; the text beside the strip holds them in full.
  const whiskers = (scale, low, high, kind) => {
    const parts = [svg("line", { x1: at(clipped(scale, low)), x2: at(clipped(scale, high)), y1: "50%", y2: "50%", class: kind })];
    for (const [x, edge, path] of [[low, 0, "M7,-5L0,0L7,5"], [high, 100, "M-7,-5L0,0L-7,5"]]) {
      if (clipped(scale, x) === scale.place(x)) continue;
      parts.push(svg("svg", { x: `${edge}%`, y: "50%", overflow: "visible" }, svg("path", { d: path, class: `${kind} lr-wi-head` })));
    }
    return parts;
  };
  const square = (scale, x, size, kind) => svg("rect", {
    x: at(scale.place(x)), y: "50%", width: size, height: size, class: kind, transform: `translate(${-size / 2},${-size / 2})`,
  });
  const pooledMarks = (scale, result, kind) => {
    if (!result.k) return [];
    if (result.k === 1) return [...whiskers(scale, result.low, result.high, "lr-wi-line"), square(scale, result.estimate, 9, `lr-wi-square lr-wi-alone`)];
    const parts = [];
    if (result.k >= AT_LEAST_TO_DRAW_PREDICTION && result.piLow !== null) parts.push(...whiskers(scale, result.piLow, result.piHigh, "lr-wi-prediction"));
    const [low, middle, high] = [result.low, result.estimate, result.high].map((x) => clipped(scale, x).toFixed(3));
    const shape = svg("polygon", { points: `${low},14 ${middle},6 ${high},14 ${middle},22`, class: kind, "vector-effect": "non-scaling-stroke" });
    parts.push(svg("svg", { viewBox: "0 0 100 28", preserveAspectRatio: "none", width: "100%", height: "100%" }, shape));
    // Its middle is kept when the ends lie far outside, or so near that no diamond is left to see.
    parts.push(...whiskers(scale, result.low, result.high, "lr-wi-thin"));
    return parts;
  };

  const value = (x, text) => (x === null ? DASH : make("data", { value: String(x) }, text ?? number(x)));
  const pair = (low, high) => (low === null ? [DASH] : [value(low), " to ", value(high)]);
  const cellsOf = (result) => {
    if (!result.k) return [["0"], [DASH], [DASH], [DASH], [DASH], [DASH], [DASH]];
    const alone = result.k === 1;
    return [
      [String(result.k)], [result.people === null ? DASH : String(result.people)],
      [value(result.estimate), alone ? ", not pooled" : ""], pair(result.low, result.high),
      pair(result.piLow, result.piHigh), alone ? [DASH] : [value(result.i2, percent(result.i2))], alone ? [DASH] : [value(result.tau2)],
    ];
  };
  const heads = (measure) => [
    "Studies", "Participants", `Difference (${measure.unit})`, `${level(measure)} CI`, `${level(measure)} prediction interval`, "I\u00b2", "tau\u00b2",
  ];

  const start = (holder) => {
    const measures = JSON.parse(holder.querySelector("script.lr-whatif-data").textContent);
    const id = holder.id;
    let state = ownState(measures[0]), scale, rows, marks, table;

    const toggle = (type, name, checked, change, ...words) => {
      const input = make("input", { type, name, checked });
      input.addEventListener("change", () => change(input));
      const label = make("label", { className: `lr-wi-toggle lr-wi-${type}` }, input, make("span", { className: "lr-wi-box" }), ...words);
      return { input, label };
    };
    const group = (legend, key, pairs, pick) => {
      const buttons = new Map(pairs.map(([value, words]) => [value, toggle("radio", `${id}-${key}`, false, () => pick(value), words)]));
      const box = make("fieldset", {}, make("legend", {}, legend), ...[...buttons.values()].map(({ label }) => label));
      return { box, set: (value) => { buttons.get(value).input.checked = true; } };
    };
    const go = (next) => { const before = state; show(next); tell(before, next, []); save(); };

    const build = () => {
      const { measure } = state;
      scale = scaleOf(measure);
      ways.replaceChildren();
      const choose = (key, name, legend, pairs) => {
        const made = group(legend, name, pairs, (value) => go({ ...state, [key]: value }));
        ways.append(made.box);
        return made.set;
      };
      marks = { interval: choose("interval", "interval", "Interval", measure.intervals) };
      marks.method = measure.methods.length > 1 ? choose("method", "tau2", "Model", measure.methods) : () => {};
      rows = measure.units.map((unit, i) => {
        const name = make("span", { className: "lr-wi-name" }, make("bdi", {}, unit.label), make("small", { dir: "auto" }, unit.note));
        const { input, label } = toggle("checkbox", `${id}-unit`, false, () => go({ ...state, members: state.members ^ (1 << i) }), name);
        input.value = unit.id;
        const words = make("span", { className: "lr-wi-words" }, `${number(unit.yi)} (${interval(unit.low, unit.high)})`);
        const weight = make("span", { className: "lr-wi-weight" });
        words.append(weight);
        const picture = make("span", { className: "lr-wi-strip" });
        return { unit, input, weight, picture, item: make("li", {}, label, words, picture) };
      });
      units.replaceChildren(...rows.map((row) => row.item));
      const axis = [svg("line", { x1: "0%", x2: "100%", y1: 1, y2: 1, class: "lr-wi-axis" })];
      for (const tick of scale.ticks) {
        const x = at(scale.place(tick));
        axis.push(svg("line", { x1: x, x2: x, y1: 1, y2: 6, class: "lr-wi-axis" }));
        axis.push(svg("text", { x, y: 19 }, number(tick, scale.digits)));
      }
      foot.replaceChildren(
        svg("svg", { width: "100%", height: 24, "aria-hidden": "true", focusable: "false" }, ...axis),
        make("span", { className: "lr-wi-sides" }, ...measure.sides.map((side, i) => make("span", {}, i ? `favours ${side} \u2192` : `\u2190 favours ${side}`))),
      );
      const result = resultOf(ownState(measure)), own = cellsOf(result);
      pinned.replaceChildren(strip(scale, 28, ...pooledMarks(scale, result, "lr-wi-own")));
      table = own.map(() => make("td"));
      body.replaceChildren(...heads(measure).map((head, i) => {
        const first = make("th", { scope: "row" }, head);
        return make("tr", {}, first, make("td", {}, ...own[i]), table[i]);
      }));
    };

    const show = (next) => {
      const other = next.measure !== state.measure;
      state = next;
      if (other || !rows) build();
      const result = resultOf(state);
      const weights = result.k > 1 ? result.units.map((unit) => 1 / (unit.vi + result.tau2)) : [];
      const total = weights.reduce((a, b) => a + b, 0);
      rows.forEach(({ unit, input, weight, picture, item }, i) => {
        const isIn = Boolean((state.members >> i) & 1);
        const share = isIn && total ? weights[result.units.indexOf(unit)] / total : 0;
        input.checked = isIn;
        item.classList.toggle("lr-wi-out", !isIn);
        weight.replaceChildren(...(share ? [", weight ", value(100 * share, percent(100 * share))] : [isIn ? "" : ", left out"]));
        picture.replaceChildren(strip(scale, 28, ...whiskers(scale, unit.low, unit.high, "lr-wi-line"), square(scale, unit.yi, 6 + 12 * Math.sqrt(share), "lr-wi-square")));
      });
      chosen.replaceChildren(strip(scale, 28, ...pooledMarks(scale, result, "lr-wi-chosen")));
      cellsOf(result).forEach((cell, i) => table[i].replaceChildren(...cell));
      measureSet(state.measure.id);
      marks.interval(state.interval);
      marks.method(state.method);
      link.href = `#${id}${write(state)}`;
    };
    const tell = (before, after, first) => {
      const said = first.length ? first : changes(before, after);
      status.textContent = [...said, ...outcome(before, after)].join(" ");
    };
    const address = () => {
      const own = write(state) === write(ownState(measures[0]));
      history.replaceState(null, "", own ? location.pathname + location.search : `#${id}${write(state)}`);
    };
    // Browsers refuse an address that changes too often, so it waits until the reader pauses.
    let waiting;
    const save = () => { clearTimeout(waiting); waiting = setTimeout(address, 150); };
    const reset = () => {
      const before = state;
      show(ownState(measures[0]));
      tell(before, state, ["This is the primary analysis again."]);
      save();
    };
    const restore = () => {
      const mark = /^#(whatif-.*?)(--.*)?$/s.exec(location.hash);
      const known = mark && document.getElementById(mark[1]);
      // An address meant for no forest of this page is answered by the first one.
      if (!mark || (known ? known !== holder : document.querySelector(".lr-whatif") !== holder)) return;
      const before = ownState(measures[0]), asked = known && read(mark[2] ?? "", measures);
      show(asked || before);
      const bad = "The address asks for a choice that this page does not have; it was ignored, and this is the primary analysis.";
      tell(before, state, asked ? ["This is the choice in the address."] : [bad]);
      holder.scrollIntoView();
    };

    const ways = make("div", { className: "lr-wi-ways" });
    const units = make("ul", { className: "lr-wi-units" });
    const foot = make("div", { className: "lr-wi-foot" });
    const pinned = make("span", { className: "lr-wi-strip" }), chosen = make("span", { className: "lr-wi-strip" });
    const body = make("tbody");
    const status = make("p", { className: "lr-wi-said" });
    status.setAttribute("role", "status");
    const named = measures.map((measure) => [measure.id, measure.unit]);
    const measureGroup = group("Measure", "measure", named, (key) => go(carried(state, measures.find((each) => each.id === key))));
    const measureSet = measureGroup.set;
    const button = make("button", { type: "button", className: "lr-wi-reset" }, "Back to the primary analysis");
    button.addEventListener("click", reset);
    const link = make("a", { className: "lr-wi-link" }, "Address of this choice");
    const results = (words, picture) => make("div", { className: "lr-wi-pooled" }, make("span", { className: "lr-wi-name" }, words), picture);
    const head = make("tr", {}, ...["Result", "Primary analysis", "Your choice"].map((text) => make("th", { scope: "col" }, text)));
    const live = make("div", { className: "lr-wi-live" },
      ...(measures.length > 1 ? [measureGroup.box] : []),
      make("fieldset", { className: "lr-wi-list" }, make("legend", {}, "Studies included"), units),
      results("Primary analysis", pinned), results("Your choice", chosen), foot, status, ways,
      make("p", { className: "lr-wi-again" }, button, link),
      make("table", { className: "lr-table lr-wi-table" }, make("caption", {}, "The primary analysis and your choice"), make("thead", {}, head), body));
    show(state);
    status.textContent = `This is the primary analysis. ${outcome(state, state).join(" ")}`;
    // Above the table of one unit left out, which stays; the static figure goes.
    holder.querySelector(".lr-whatif-static").before(live);
    holder.classList.add("lr-on");
    restore();
    addEventListener("hashchange", restore);
  };

  for (const data of document.querySelectorAll("script.lr-whatif-data")) start(data.parentElement);
})();
