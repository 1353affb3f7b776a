// The exercise form: one ES module, no build step, no network. The kernel sends a state, the form sends back an answer.
// Data from the kernel only ever becomes text nodes and attribute values, so a note cannot become markup.

const WAIT = 6000; // milliseconds until we say that the kernel does not answer
const MARKS = { bad: "✗", good: "✓", tip: "➜" };
const TONES = { bad: "Wrong: ", good: "Right: ", tip: "Worth knowing: " };

let serial = 0;

// Elements -----------------------------------------------------------------------------------------------------------

const FOCUSABLE = new Set(["input", "select", "button", "a", "summary", "textarea"]);

function h(tag, props = {}, ...children) {
  const el = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) el.addEventListener(key.slice(2), value);
    else el.setAttribute(key, value === true ? "" : value);
  }
  // Without this JupyterLab takes arrow keys and letters for commands; it only counts on the focused element itself.
  if (FOCUSABLE.has(tag) || "tabindex" in props) el.setAttribute("data-lm-suppress-shortcuts", "true");
  el.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return el;
}

const put = (el, ...children) => el.replaceChildren(...children.flat(Infinity).filter((child) => child || child === 0));
const hidden = (text) => h("span", { class: "ck-hidden" }, text);
const asleep = (button, yes) => button.setAttribute("aria-disabled", yes ? "true" : "false");
const isAsleep = (button) => button.getAttribute("aria-disabled") === "true";
const plural = (n, one, many) => `${n} ${n === 1 ? one : many}`;

function ordinal(n) {
  const tens = n % 100;
  if (tens > 10 && tens < 14) return `${n}th`;
  return n + (["th", "st", "nd", "rd"][n % 10] || "th");
}

function tickbox(type, name, value, changed, ...text) {
  const input = h("input", { type, name, value, onchange: changed });
  return { input, label: h("label", { class: "ck-chip" }, input, h("span", {}, text)) };
}

// A place where feedback can land: a box with a verdict beside its title and a list of remarks under it.
function slot(box, verdict, words) {
  const items = h("ul", { class: "ck-items" });
  const own = { box, verdict, items, words, lines: [] };
  box.place = own;
  return own;
}

const newVerdict = () => h("span", { class: "ck-verdict" });

// The note -----------------------------------------------------------------------------------------------------------

// Positions count characters as Python does, hence the array of code points instead of the string.
function passage(chars, start, end, marks) {
  const cuts = new Set([start, end]);
  for (const [from, to] of marks) for (const at of [from, to]) if (at > start && at < end) cuts.add(at);
  const edges = [...cuts].sort((a, b) => a - b);
  return edges.slice(1).map((to, i) => {
    const from = edges[i];
    const text = chars.slice(from, to).join("");
    const over = marks.filter((mark) => mark[0] <= from && mark[1] >= to);
    if (!over.length) return document.createTextNode(text);
    const mark = h("mark", {}, text);
    mark.lines = over.map((one) => String(one[2]));
    return mark;
  });
}

// "S:", "O:" ... at the start of a line of the note is the note's own little heading.
function noteLine(chars, start, end, marks) {
  const opening = /^\s*([A-Z]{1,2}|[A-Z][a-z]+):/.exec(chars.slice(start, end).join(""));
  const cut = opening ? start + Array.from(opening[0]).length : start;
  return [cut > start ? h("b", {}, passage(chars, start, cut, marks)) : null, passage(chars, cut, end, marks)];
}

function noteLines(note, marks) {
  const chars = Array.from(note.replace(/\s+$/, ""));
  const lines = [];
  for (let start = 0; start <= chars.length; ) {
    const found = chars.indexOf("\n", start);
    const end = found < 0 ? chars.length : found;
    lines.push(h("p", {}, noteLine(chars, start, end, marks)));
    start = end + 1;
  }
  return lines;
}

// The eight forms ----------------------------------------------------------------------------------------------------
//
// Each makes {el, open(), answer(), fill(text), slot(line)}:
// open() names what is still blank, answer() is the answer as text, fill() is its inverse, slot() finds the place for
// feedback. `changed` is to be called with the slot whose controls the learner touched.

function controlsOf(el) {
  return [...el.querySelectorAll("input, select")];
}

function readControls(el) {
  return controlsOf(el).map((one) => (one.type === "checkbox" || one.type === "radio" ? one.checked : one.value));
}

function writeControls(el, values) {
  controlsOf(el).forEach((one, i) => {
    if (one.type === "checkbox" || one.type === "radio") one.checked = values[i] === true;
    else one.value = typeof values[i] === "string" ? values[i] : "";
  });
}

function lineText({ code, units, modifiers }) {
  return [code, `x${units}`, ...modifiers].join(" ");
}

// Order of claim lines as the engine sorts them, so that "97110#2" means the same line here and there.
function compareLines(a, b) {
  if (a.code !== b.code) return a.code < b.code ? -1 : 1;
  if (a.units !== b.units) return a.units - b.units;
  for (let i = 0; i < Math.max(a.modifiers.length, b.modifiers.length); i++) {
    const [x, y] = [a.modifiers[i], b.modifiers[i]];
    if (x !== y) return x === undefined ? -1 : y === undefined ? 1 : x < y ? -1 : 1;
  }
  return 0;
}

function readClaim(text) {
  if (!text || text.trim().toLowerCase() === "nothing") return [];
  return text.split(",").map((piece) => {
    const words = piece.trim().toUpperCase().split(/\s+/);
    if (words[1] === "ASK") return { code: words[0], ask: true };
    const counted = /^X(\d+)$/.exec(words[1] || "");
    return { code: words[0], units: counted ? +counted[1] : 1, modifiers: words.slice(counted ? 2 : 1) };
  });
}

function complete(ask, { uid, changed }) {
  const lines = ask.lines.map((given, i) => claimLine(given, i, ask, uid, changed));
  const key = ask.modifiers && ask.modifiers.length && ask.lines.some((line) => line.blank_modifiers);
  const el = h("div", { class: "ck-lines" }, lines.map((line) => line.place.box),
    key && h("details", { class: "ck-key" }, h("summary", {}, "What these modifiers say"),
      h("dl", {}, ask.modifiers.map(([name, label]) => [h("dt", { class: "ck-mono" }, name), h("dd", {}, label)]))));
  const billed = () => lines.map((line) => line.read());
  let labels = []; // of each line as last submitted

  return {
    el,
    open: () => lines.flatMap((line) => line.open()),
    answer() {
      const read = billed();
      const bills = read.filter((line) => line.bill).sort(compareLines).map(lineText);
      const asks = read.filter((line) => line.ask && line.code).map((line) => `${line.code} ask`);
      return [...bills, ...asks].join(", ") || "nothing";
    },
    fill(text) {
      const pieces = readClaim(text);
      const take = (wanted) => {
        const found = pieces.findIndex(wanted);
        return found < 0 ? null : pieces.splice(found, 1)[0];
      };
      const agrees = (given, piece) => piece.ask || ((given.units === null || given.units === piece.units) &&
        (given.given || []).every((one) => piece.modifiers.includes(one)));
      const found = ask.lines.map((given) => given.code && (take((piece) => piece.code === given.code && agrees(given, piece))
        || take((piece) => piece.code === given.code)));
      ask.lines.forEach((given, i) => { if (!given.code) found[i] = take((piece) => agrees(given, piece)); });
      lines.forEach((line, i) => line.write(found[i]));
    },
    refresh: () => lines.forEach((line) => line.settle()),
    // Labels belong to the answer that was sent, not to what the learner has changed since.
    sent() {
      const seen = {};
      labels = ask.lines.map((given) => given.code);
      billed().map((line, i) => ({ ...line, i })).filter((line) => line.bill).sort(compareLines).forEach((line) => {
        seen[line.code] = (seen[line.code] || 0) + 1;
        labels[line.i] = seen[line.code] === 1 ? line.code : `${line.code}#${seen[line.code]}`;
      });
      billed().forEach((line, i) => { if (line.ask) labels[i] = line.code; });
    },
    slot(line) {
      const at = labels.indexOf(line);
      return at < 0 ? null : lines[at].place;
    },
    elsewhere: (line) => (line ? "not on your claim" : ""),
  };
}

function claimLine(given, i, ask, uid, changed) {
  const name = `Line ${i + 1}`;
  const say = [given.code, given.units !== null && `× ${given.units}`, ...(given.given || [])];
  const verdict = newVerdict();
  const box = h("fieldset", { class: "ck-line" });
  const own = slot(box, verdict, ["stands", "does not stand"]);
  const touch = () => { settle(); changed(own); };
  const blanks = [];

  const picker = (label, options) => {
    const id = `${uid}-${i}-${label}`;
    const select = h("select", { id, onchange: touch, class: `ck-${label.toLowerCase()}` }, h("option", { value: "" }, "choose"),
      options.map(([value, text]) => h("option", { value }, text)));
    blanks.push(h("div", { class: "ck-field" }, h("label", { for: id }, label), select));
    return select;
  };
  const code = given.code === null ? picker("Code", ask.codes.map(([value, text]) => [value, `${value} ${text}`])) : null;
  const units = given.units === null ? picker("Units", [1, 2, 3, 4, 5, 6, 7, 8].map((n) => [n, n])) : null;

  let chips = [];
  if (given.blank_modifiers) {
    chips = [["none", ""], ...ask.modifiers].map(([value, label]) => {
      const chip = tickbox("checkbox", `${uid}-${i}-modifier`, value, (event) => {
        if (event.target.checked) {
          for (const other of chips) if ((other.value === "none") !== (value === "none")) other.checked = false;
        }
        touch();
      }, value, label && hidden(` ${label}`));
      if (label) chip.label.title = label;
      if (value !== "none") chip.label.classList.add("ck-mono");
      return Object.assign(chip.input, { chip: chip.label });
    });
    const id = `${uid}-${i}-modifiers`;
    blanks.push(h("div", { class: "ck-field", role: "group", "aria-labelledby": id },
      h("span", { id, class: "ck-label" }, given.given && given.given.length ? "More modifiers" : "Modifiers"),
      h("div", { class: "ck-chips" }, chips.map((one) => one.chip))));
  }

  const instead = (text) => {
    const one = tickbox("checkbox", `${uid}-${i}-instead`, text, (event) => {
      if (event.target.checked) for (const other of [skip, asked]) if (other && other.input !== event.target) other.input.checked = false;
      touch();
    }, text);
    one.label.classList.replace("ck-chip", "ck-plain");
    return one;
  };
  const skip = blanks.length ? instead("Do not bill this line") : null;
  const asked = blanks.length && ask.may_ask ? instead("Ask the provider first") : null;

  function settle() {
    const off = (skip && skip.input.checked) || (asked && asked.input.checked);
    for (const one of [units, ...chips]) if (one) one.disabled = off;
    if (code) code.disabled = skip.input.checked; // a question to the provider still has to name the code
    box.classList.toggle("ck-off", Boolean(off));
  }

  box.append(
    h("legend", {}, h("span", {}, name, say.filter(Boolean).length > 0 && [" · ", h("span", { class: "ck-mono" }, say.filter(Boolean).join(" "))]), verdict),
    h("div", { class: "ck-fields" }, blanks, skip && h("div", { class: "ck-instead" }, skip.label, asked && asked.label)),
    own.items,
  );

  return {
    place: own,
    settle,
    open() {
      if (skip && skip.input.checked) return [];
      const asking = asked && asked.input.checked;
      const missing = [code && !code.value && "code", !asking && units && !units.value && "units",
        !asking && chips.length && !chips.some((one) => one.checked) && "modifiers"].filter(Boolean);
      return missing.length ? [`${missing.join(", ")} on line ${i + 1}`] : [];
    },
    read() {
      const chosen = chips.filter((one) => one.checked && one.value !== "none").map((one) => one.value);
      const ask = Boolean(asked && asked.input.checked);
      const skipped = Boolean(skip && skip.input.checked);
      return {
        code: code ? code.value : given.code,
        units: units ? +units.value : given.units,
        modifiers: [...new Set([...(given.given || []), ...chosen])].sort(),
        bill: !ask && !skipped,
        ask,
      };
    },
    write(piece) {
      if (skip) skip.input.checked = !piece;
      if (asked) asked.input.checked = Boolean(piece && piece.ask);
      if (piece && code) code.value = piece.code;
      if (piece && !piece.ask) {
        if (units) units.value = String(piece.units);
        const more = piece.modifiers.filter((one) => !(given.given || []).includes(one));
        for (const one of chips) one.checked = one.value === "none" ? !more.length : more.includes(one.value);
      }
      settle();
    },
  };
}

function audit(ask, { uid, changed }) {
  const lines = ask.lines.map((line, i) => {
    const verdict = newVerdict();
    const box = h("fieldset", { class: "ck-line" });
    const own = slot(box, verdict, ["right", "not right"]);
    const boxes = [["ok", "ok"], ...ask.headings].map(([id, text]) => {
      const chip = tickbox("checkbox", `${uid}-${i}`, id, (event) => {
        if (event.target.checked) for (const other of boxes) if ((other.value === "ok") !== (id === "ok")) other.checked = false;
        changed(own);
      }, text);
      return Object.assign(chip.input, { chip: chip.label });
    });
    const say = [line.code, `× ${line.units}`, ...line.modifiers].join(" ");
    box.append(h("legend", {}, h("span", {}, `Line ${i + 1} · `, h("span", { class: "ck-mono" }, say)), verdict),
      h("div", { class: "ck-chips ck-even" }, boxes.map((one) => one.chip)), own.items);
    return { label: line.label, own, boxes };
  });
  const whole = slot(h("fieldset", { class: "ck-line" }), newVerdict(), ["right", "not right"]);
  const missing = tickbox("checkbox", `${uid}-missing`, "a line is missing", () => changed(whole), "A line is missing from this claim");
  missing.label.classList.replace("ck-chip", "ck-plain");
  whole.box.append(h("legend", {}, h("span", {}, "The claim as a whole"), whole.verdict), missing.label, whole.items);

  return {
    el: h("div", { class: "ck-lines" }, lines.map((line) => line.own.box), whole.box),
    open: () => lines.flatMap((line, i) => (line.boxes.some((one) => one.checked) ? [] : [`line ${i + 1}`])),
    answer: () => [
      ...lines.map((line) => `${line.label}: ${line.boxes.filter((one) => one.checked).map((one) => one.value).join(" + ")}`),
      ...(missing.input.checked ? ["a line is missing"] : []),
    ].join(", "),
    fill(text) {
      const said = new Map(text.split(",").map((piece) => {
        const [label, ids = ""] = piece.split(":");
        return [label.trim().toLowerCase(), ids.split("+").map((id) => id.trim())];
      }));
      for (const line of lines) {
        const ids = said.get(line.label.toLowerCase()) || [];
        for (const one of line.boxes) one.checked = ids.includes(one.value);
      }
      missing.input.checked = said.has("a line is missing");
    },
    slot(line) {
      const found = lines.find((one) => one.label === line);
      return found ? found.own : line === "a line is missing" ? whole : null;
    },
    elsewhere: (line) => (line ? "not on this claim" : ""),
  };
}

function support(ask, { changed, note, uid }) {
  const chars = Array.from(note);
  const rows = [];
  let before = 0;
  const pieces = ask.pieces.map(([start, end], i) => {
    const between = chars.slice(before, start).join("");
    if (between.trim()) rows.push(h("li", { class: "ck-between" }, between.trim()));
    before = end;
    const words = h("span", { class: "ck-words" });
    const input = h("input", { type: "checkbox", name: `${uid}-piece`, onchange: () => changed(own) });
    const box = h("li", { class: `ck-option ck-piece${between.includes("\n") ? " ck-gap" : ""}` });
    const own = slot(box, newVerdict(), ["right", "not right"]);
    box.append(h("label", {}, input, words, own.verdict), own.items);
    rows.push(box);
    return { start, end, input, words, own };
  });
  const rest = chars.slice(before).join("").trim();
  if (rest) rows.push(h("li", { class: "ck-between" }, rest));
  const mark = (marks) => pieces.forEach((piece) => put(piece.words, noteLine(chars, piece.start, piece.end, marks)));
  mark([]);

  return {
    el: h("fieldset", { class: "ck-bare" },
      h("legend", { class: "ck-ask" }, ask.question),
      h("p", { class: "ck-inquestion" }, "The claim ", h("span", { class: "ck-mono" }, ask.claim), ", line ", h("b", { class: "ck-mono" }, ask.line)),
      h("ol", { class: "ck-options ck-pieces" }, rows)),
    open: () => (pieces.some((piece) => piece.input.checked) ? [] : ["tick at least one piece of the note"]),
    answer: () => `${ask.line}: ${pieces.flatMap((piece, i) => (piece.input.checked ? [i + 1] : [])).join(" ")}`,
    fill(text) {
      const said = text.slice(text.lastIndexOf(":") + 1).trim().split(/\s+/);
      pieces.forEach((piece, i) => { piece.input.checked = said.includes(String(i + 1)); });
    },
    slot: (line) => (pieces[+line - 1] || {}).own || null,
    mark,
    asks: true,
    holdsNote: true,
  };
}

function options(type) {
  return (ask, { uid, changed }) => {
    const rows = ask.options.map(([id, text]) => {
      const box = h("li", { class: "ck-option" });
      const own = slot(box, newVerdict(), ["right", "not right"]);
      const input = h("input", { type, name: `${uid}-option`, value: id, onchange: () => changed(own) });
      box.append(h("label", {}, input, h("span", { class: "ck-words" }, text), own.verdict), own.items);
      return { id, input, own };
    });
    return {
      el: h("fieldset", { class: "ck-bare" }, h("legend", { class: "ck-ask" }, ask.question),
        h("ul", { class: "ck-options" }, rows.map((row) => row.own.box))),
      open: () => (rows.some((row) => row.input.checked) ? [] : [type === "radio" ? "pick one" : "tick at least one"]),
      answer: () => rows.filter((row) => row.input.checked).map((row) => row.id).join(" "),
      fill(text) {
        const said = text.trim().split(/\s+/);
        for (const row of rows) row.input.checked = said.includes(row.id);
      },
      slot: (line) => (rows.find((row) => row.id === line) || {}).own || null,
      asks: true,
      group: type === "radio",
    };
  };
}

function sort(ask, { uid, changed }) {
  const rows = ask.cards.map(([id, text], i) => {
    const box = h("fieldset", { class: "ck-card-row" });
    const own = slot(box, newVerdict(), ["right", "not right"]);
    const bins = ask.bins.map(([bin, label]) => {
      const chip = tickbox("radio", `${uid}-${i}`, bin, () => changed(own), label);
      return Object.assign(chip.input, { chip: chip.label });
    });
    // The text is the legend for the ear; for the eye it stands in the grid beside its bins.
    box.append(h("legend", {}, h("span", {}, text), own.verdict), h("div", { class: "ck-chips" }, bins.map((one) => one.chip)), own.items);
    return { id, own, bins };
  });
  // Where the bins have long names, a wide form shows them once as the heads of columns.
  const long = ask.bins.map(([, label]) => label).join("").length > 34;
  const heads = long && h("div", { class: "ck-heads", "aria-hidden": "true" }, h("span"), ask.bins.map(([, label]) => h("span", {}, label)), h("span"));
  return {
    el: h("div", { class: `ck-sort${long ? " ck-matrix" : ""}`, style: `--ck-bins: ${ask.bins.length}` }, heads, rows.map((row) => row.own.box)),
    open() {
      const left = rows.filter((row) => !row.bins.some((one) => one.checked)).length;
      return left ? [plural(left, "card", "cards")] : [];
    },
    answer: () => rows.map((row) => `${row.id}=${row.bins.find((one) => one.checked).value}`).join(", "),
    fill(text) {
      const said = new Map(text.split(",").map((piece) => piece.split("=").map((word) => word.trim())));
      for (const row of rows) for (const one of row.bins) one.checked = said.get(row.id) === one.value;
    },
    slot: (line) => (rows.find((row) => row.id === line) || {}).own || null,
  };
}

function order(ask, { changed, announce }) {
  let picked = []; // ids in the learner's order
  const rows = ask.steps.map(([id, text]) => {
    const box = h("li", { class: "ck-option ck-step" });
    const own = slot(box, newVerdict(), ["right", "not right"]);
    const rank = h("span", { class: "ck-rank", "aria-hidden": "true" });
    const place = hidden("");
    const button = h("button", { type: "button", "aria-pressed": "false", onclick() {
      const at = picked.indexOf(id);
      if (at < 0) picked.push(id);
      else picked.splice(at, 1);
      show();
      changed(own);
      announce(at < 0 ? `Step ${picked.length}: ${text}. ${rows.length - picked.length} left.` : `Put back: ${text}.`);
    } }, rank, h("span", { class: "ck-words" }, text, place), own.verdict);
    box.append(button, own.items);
    return { id, text, own, rank, place, button };
  });
  const sofar = h("ol", {});
  const summary = h("div", { class: "ck-sofar" }, h("span", { class: "ck-label" }, "Your order"), sofar);

  function show() {
    for (const row of rows) {
      const at = picked.indexOf(row.id);
      row.rank.textContent = at < 0 ? "" : at + 1;
      row.place.textContent = at < 0 ? ", not placed" : `, step ${at + 1}`;
      row.button.setAttribute("aria-pressed", String(at >= 0));
    }
    put(sofar, picked.map((id) => h("li", {}, rows.find((row) => row.id === id).text)));
    summary.hidden = !picked.length;
  }
  show();
  return {
    el: h("div", { class: "ck-order" },
      h("p", { class: "ck-how" }, "Press the steps in order, the first one first. Press again to put one back."),
      h("ul", { class: "ck-options" }, rows.map((row) => row.own.box)), summary),
    open: () => (picked.length < rows.length ? [plural(rows.length - picked.length, "step", "steps")] : []),
    answer: () => picked.join(" "),
    fill(text) {
      picked = text.trim().split(/\s+/).filter((id, i, all) => rows.some((row) => row.id === id) && all.indexOf(id) === i);
      show();
    },
    slot: (line) => (rows.find((row) => row.id === line) || {}).own || null,
    values: () => picked,
    restore: (values) => { picked = values.filter((id) => rows.some((row) => row.id === id)); show(); },
  };
}

function number(ask, { uid, changed }) {
  const box = h("div", { class: "ck-number" });
  const own = slot(box, newVerdict(), ["right", "not right"]);
  const id = `${uid}-number`;
  const input = h("input", { id, type: "text", inputmode: "decimal", autocomplete: "off", oninput: () => changed(own),
    "aria-describedby": `${id}-unit` });
  box.append(h("label", { for: id, class: "ck-ask" }, ask.question),
    h("div", { class: "ck-numberrow" }, input, h("span", { id: `${id}-unit` }, ask.unit || ""), own.verdict), own.items);
  return {
    el: box,
    open() {
      const text = input.value.trim();
      if (!text) return ["a number"];
      return /^[-+]?(\d+([.,]\d+)?|[.,]\d+)$/.test(text.replace(/\s|(?<=\d),(?=\d{3}\b)/g, "")) ? [] : ["a number in digits, such as 2 or 1.5"];
    },
    answer: () => input.value.trim().replace(/\s|(?<=\d),(?=\d{3}\b)/g, "").replace(",", "."),
    fill: (text) => { input.value = text; },
    slot: () => own,
    asks: true,
  };
}

const FORMS = { complete, audit, support, choose: options("radio"), select: options("checkbox"), sort, order, number };
const TITLES = { complete: "Your claim", audit: "The claim" };

// Feedback -----------------------------------------------------------------------------------------------------------

function safeLink(source) {
  return /^https:\/\//.test(source.link || "")
    ? h("a", { href: source.link, target: "_blank", rel: "noopener noreferrer" }, source.title, hidden(" (opens a new tab)"))
    : source.title;
}

function remark(item) {
  const tone = MARKS[item.tone] ? item.tone : "tip";
  const source = item.source;
  const written = source && [safeLink(source), ...[source.where, source.edition].filter(Boolean).map((word) => `, ${word}`)];
  const since = item.since && `in force since ${item.since}`;
  return h("li", { class: `ck-item ck-${tone}` },
    h("span", { class: "ck-sign", "aria-hidden": "true" }, MARKS[tone]),
    h("div", { class: "ck-said" },
      h("p", {}, hidden(TONES[tone]), item.head && [h("b", {}, item.head), " "], item.says || ""),
      (item.quotes || []).length > 0 && h("p", { class: "ck-quote" }, "The note: ",
        item.quotes.map((words, i) => [i > 0 && " · ", h("q", {}, words)])),
      item.rule_says && h("p", { class: "ck-rule" }, "The rule: ", item.rule_says),
      (written || since) && h("p", { class: "ck-source" }, written || "", written && since ? " · " : "", since || "")));
}

function showVerdict(place, line) {
  const word = place.words[line.stands ? 0 : 1];
  place.verdict.className = `ck-verdict ck-${line.stands ? "good" : "bad"}`;
  put(place.verdict, h("span", { "aria-hidden": "true" }, line.stands ? MARKS.good : MARKS.bad), ` ${word}`);
}

function clearSlot(place) {
  put(place.verdict);
  put(place.items);
  place.verdict.className = "ck-verdict";
  place.box.classList.remove("ck-changed");
  place.lines = [];
}

// A policy is headings, items and plain text in order; items that follow each other make a list.
function policyBlocks(blocks) {
  const out = [];
  for (const [kind, words] of blocks) {
    const last = out[out.length - 1];
    if (kind !== "item") out.push(h(kind === "heading" ? "h5" : "p", {}, words));
    else if (last && last.tagName === "UL") last.append(h("li", {}, words));
    else out.push(h("ul", {}, h("li", {}, words)));
  }
  return out;
}

// Pictures -----------------------------------------------------------------------------------------------------------
//
// Each kind is drawn as SVG, W units wide, where small text is 12 units high, and gives [height, shapes]. `hue(what)` is
// the color and hatch of a code or service, the same in all pictures that stand together.

const SHORTENED = 40; // minutes; a longer pause is drawn as ten

function s(tag, props = {}, ...children) {
  const el = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(props)) el.setAttribute(key, value);
  el.append(...children.flat(Infinity).filter((child) => child || child === 0));
  return el;
}

const pen = document.createElement("canvas").getContext("2d");
const wide = (text) => pen.measureText(text).width;
const words = (x, y, text, kind = "", anchor = "start") => s("text", { x, y, class: kind, "text-anchor": anchor }, text);
const lined = (x, y, lines, kind, anchor) => lines.map((line, i) => words(x, y + 15 * i, line, kind, anchor));
const path = (d, kind = "") => s("path", { d, class: kind });
const box = (x, y, width, height, kind, rx = 3) => s("rect", { x, y, width, height, rx, class: kind });
const hatch = (x, y, width, height, { fill }) => s("rect", { x, y, width, height, fill });
const dot = (cx, cy, r) => s("circle", { cx, cy, r, class: "ck-dot" });
const mono = (text) => (/^[A-Z]?\d{4,5}[A-Z]?$/.test(text) ? "ck-codetext" : "");
const strong = (text) => `ck-bold ${mono(text)}`;

// A tinted box with a hatch along its lower edge, so that what is written in it stays easy to read.
const panel = (x, y, width, height, hue, edge = 8) => [box(x, y, width, height, `${hue.kind} ck-tint`),
  hatch(x, y + height - edge, width, edge, hue), box(x, y, width, height, `${hue.kind} ck-edged`)];

function wrap(text, width) {
  const lines = [];
  for (const word of String(text).split(/\s+/)) {
    if (lines.length && wide(`${lines.at(-1)} ${word}`) <= width) lines.push(`${lines.pop()} ${word}`);
    else lines.push(word);
  }
  return lines;
}

// The body is seen from behind, so that the patient's left is the reader's left. Every part is a line with round ends, a
// joint one of no length: [name, the region it is part of, x1, y1, x2, y2, half its width], x counted from the spine.
const [ARM, LEG] = ["upper extremity", "lower extremity"];
const SPINE = [["head", "", 0, 19, 0, 23, 15], ["cervical", "", 0, 51, 0, 57, 9], ["thoracic", "", 0, 80, 0, 114, 11],
  ["lumbar", "", 0, 140, 0, 150, 12], ["sacral", "", 0, 174, 0, 178, 10]];
const SIDES = [["jaw", "head", 10, 33, 10, 33, 4.5], ["rib cage", "", 27, 84, 25, 112, 11], ["abdomen", "", 24, 139, 24, 148, 8.5],
  ["pelvic", "", 21, 181, 30, 171, 8.5], ["shoulder", ARM, 49, 76, 49, 76, 8.5], ["upper arm", ARM, 52, 94, 55, 113, 6.5],
  ["elbow", ARM, 57, 128, 57, 128, 6], ["forearm", ARM, 59, 143, 62, 163, 6], ["wrist", ARM, 64, 177, 64, 177, 5],
  ["hand", ARM, 65.5, 190, 66, 197, 6], ["hip", LEG, 27, 199, 27, 199, 8], ["thigh", LEG, 26, 219, 24, 249, 9.5],
  ["knee", LEG, 23, 270, 23, 270, 8], ["lower leg", LEG, 22.5, 289, 21.5, 316, 8], ["ankle", LEG, 21, 333, 21, 333, 5.5],
  ["foot", LEG, 22, 347, 27, 349, 6]];
const BODY = [...SPINE.map((one) => [one, ""]), ...SIDES.flatMap((one) => [[one, "left"], [one, "right"]])].map(
  ([[name, within, near, y1, far, y2, r], side]) => {
    const [x1, x2] = side === "left" ? [-near, -far] : [near, far];
    const long = Math.hypot(x2 - x1, y2 - y1);
    const [dx, dy] = long ? [((y1 - y2) / long) * r, ((x2 - x1) / long) * r] : [-r, 0];
    const d = `M${x1 + dx} ${y1 + dy}A${r} ${r} 0 0 1 ${x1 - dx} ${y1 - dy}L${x2 - dx} ${y2 - dy}A${r} ${r} 0 0 1 ${x2 + dx} ${y2 + dy}Z`;
    const [left, right, top, tall] = [Math.min(x1, x2) - r, Math.max(x1, x2) + r, Math.min(y1, y2) - r, Math.abs(y2 - y1) + 2 * r];
    return { name, within, side, d, y: (y1 + y2) / 2, left, right, top, tall };
  },
);
const SCALE = 0.84;

function drawRegions({ places, shared }, W, hue, uid) {
  const oneSide = (side) => side === "left" || side === "right";
  const reaches = (place, side) => !oneSide(place.side) || !side || place.side === side;
  const known = (region) => BODY.some((part) => part.name === region || part.within === region);
  const all = places.map((place) => {
    const region = known(place.region) ? place.region : place.inside;
    const parts = BODY.filter((part) => [part.name, part.within].includes(region) && reaches(place, part.side));
    return { ...place, parts, unsaid: !place.side && parts.every((part) => part.within) && parts.some((part) => part.side) };
  }).filter((place) => place.parts.length);

  // A part that several services reached shows their hatches in turn; a part on the spine may be treated on one side only.
  const treated = BODY.map((part, i) => {
    const here = all.filter((place) => place.parts.includes(part));
    if (!here.length) return null;
    const on = (side) => [...new Set(here.filter((place) => reaches(place, part.side || side)).map((place) => place.what))];
    const [left, right, middle] = [on("left"), on("right"), (part.left + part.right) / 2];
    const spans = String(left) === String(right) ? [[part.left, part.right, left]] : [[part.left, middle, left], [middle, part.right, right]];
    const slices = spans.flatMap(([x, to, whats]) => {
      const all = whats.length > 1 && part.tall > 28 ? [...whats, ...whats] : whats;
      const tall = part.tall / all.length;
      return all.map((what, n) => ({ at: [x, part.top + tall * n, to - x, tall], hue: hue(what), cut: n > 0 && `M${x} ${part.top + tall * n}H${to}` }));
    });
    const guess = here.every((place) => place.unsaid) ? " ck-dashed" : "";
    const edge = slices.some((one) => one.cut) ? "ck-both" : `ck-treated ${slices[0].hue.kind}${guess}`;
    return [s("clipPath", { id: `${uid}-part${i}` }, path(part.d)),
      s("g", { "clip-path": `url(#${uid}-part${i})` }, slices.map((one) => [box(...one.at, `${one.hue.kind} ck-tint`, 0), hatch(...one.at, one.hue),
        one.cut && path(one.cut, "ck-cut")]), spans.length > 1 && path(`M${middle} ${part.top}v${part.tall}`, "ck-cut")),
      path(part.d, edge)];
  });

  // One label for each place, with the codes that reached it; where those are long words, they stand in a list below.
  const whats = [...new Set(places.map((place) => place.what))];
  const short = whats.every((what) => wide(what) <= 64);
  const sample = (x, y, what) => panel(x, y, 20, 12, hue(what), 12);
  const labels = new Map();
  for (const { region, side, what, parts, unsaid } of all) {
    const name = side === "both" ? `${region}, both sides` : unsaid ? `${region}, side not said` : `${side} ${region}`.trim();
    const drawn = parts.filter((part) => part.side !== "left" || side === "left");
    const label = labels.get(name) || { whats: new Set(), part: drawn[drawn.length > 4 ? 2 : 0], common: (shared || []).includes(region) };
    labels.set(name, label);
    label.whats.add(what);
  }
  const [half, tall] = [74 * SCALE, 356 * SCALE];
  const room = [...labels.values()].some((one) => one.part.side === "left") ? W / 2 - half : 0;
  const center = room + half;
  const beside = [];
  let end = tall;
  for (const left of [true, false]) {
    const [edge, width] = left ? [room - 4, room - 10] : [center + half + 10, W - center - half - 14];
    const mine = [...labels].filter(([, one]) => (one.part.side === "left") === left).sort(([, a], [, b]) => a.part.y - b.part.y);
    let y = 0;
    for (const [name, one] of mine) {
      one.lines = wrap(one.common ? `${name}, in common` : name, width);
      one.tall = 15 * one.lines.length + 17 * (short ? one.whats.size : 1) + 7;
      one.y = y = Math.max(y, one.part.y * SCALE - 8);
      y += one.tall;
    }
    const widths = mine.flatMap(([, one]) => [...one.lines.map(wide), ...(short ? [...one.whats].map((what) => 27 + wide(what)) : [])]);
    const x = left ? Math.max(0, edge - 6 - Math.max(0, ...widths)) : edge + 4;
    end = y = Math.max(end, mine.reduce((sum, [, one]) => sum + one.tall, 0));
    for (const [, one] of mine.reverse()) y = one.y = Math.min(one.y, y - one.tall);
    for (const [, one] of mine) {
      const px = center + (left ? one.part.left : one.part.right) * SCALE;
      const [py, ly] = [one.part.y * SCALE, one.y + 8];
      const bend = left ? Math.min(px, edge + Math.abs(ly - py) + 4) : Math.max(px, edge - Math.abs(ly - py) - 4);
      const leader = `M${px} ${py}H${bend}L${left ? edge + 4 : edge - 4} ${ly}H${edge}`;
      const below = one.y + 12 + 15 * one.lines.length;
      beside.push(path(leader, "ck-halo"), path(leader, "ck-leader"), dot(px, py, 2.4), lined(x, one.y + 12, one.lines, "ck-bold"),
        [...one.whats].map((what, n) => (short ? [sample(x, below + 17 * n - 9, what), words(x + 27, below + 17 * n + 1, what, mono(what))]
          : sample(x + 26 * n, below - 9, what))));
    }
  }
  const below = [words(center, end + 18, "seen from behind", "ck-faint", "middle")];
  end += 26;
  for (const what of short ? [] : whats) {
    const lines = wrap(what, W - 28);
    below.push(sample(0, end + 6, what), lined(28, end + 16, lines));
    end += 5 + 15 * lines.length;
  }
  const figure = s("g", { transform: `translate(${center} 0) scale(${SCALE})` },
    ["ck-flesh", "ck-bone"].map((kind) => BODY.map((part) => path(part.d, kind))), treated);
  return [end + 2, [figure, words(center - 36, 12, "L", "ck-bold", "middle"), words(center + 36, 12, "R", "ck-bold", "middle"), below, beside]];
}

function drawMinutes({ clock, blocks, sums }, W, hue) {
  const told = (at) => (clock ? `${Math.floor(at / 60)}:${String(at % 60).padStart(2, "0")}` : at);
  let after = 0;
  const spans = blocks.map((block) => {
    const start = clock ? block.start : after;
    after = start + block.minutes;
    const notes = [clock && `${told(start)}–${told(after)}`, !block.counts && "does not count"].filter(Boolean);
    return { ...block, start, end: after, notes };
  });
  // Each stretch of the ruler is [its first minute, its last, the minutes left out before it].
  const stretches = [];
  for (const one of [...spans].sort((a, b) => a.start - b.start)) {
    const [from, to] = clock ? [Math.floor(one.start / 5) * 5, Math.ceil(one.end / 5) * 5] : [one.start, one.end];
    const before = stretches.at(-1);
    if (before && from - before[1] <= SHORTENED) before[1] = Math.max(before[1], to);
    else stretches.push([from, to, before ? before[2] + from - before[1] - 10 : from]);
  }
  const room = Math.min(Math.max(0, ...spans.flatMap((one) => [one.what, ...one.notes]).map(wide)) + 16, W * 0.42);
  const scale = (W - 18 - room) / (stretches.length ? stretches.at(-1)[1] - stretches.at(-1)[2] : 1); // 18 for half a clock label
  const at = (minute) => room + (minute - stretches.findLast(([from]) => minute >= from)[2]) * scale;

  const [ruler, shapes] = [[], []];
  let y = 2;
  for (const one of spans) {
    const [head, tail] = [wrap(one.what, room - 10), one.notes.flatMap((line) => wrap(line, room - 10))];
    const lines = head.length + tail.length;
    const height = Math.max(34, 15 * lines + 8);
    const [x, width] = [at(one.start), Math.max(4, one.minutes * scale)];
    const [top, text] = [y + height / 2 - 13, y + height / 2 - 7.5 * lines + 11];
    const [inside, fits] = [wide(one.label) + 10 <= width, x + width + wide(one.label) + 6 <= W];
    shapes.push(lined(0, text, head, strong(one.what)), lined(0, text + 15 * head.length, tail, "ck-faint"),
      one.counts ? panel(x, top, width, 26, hue(one.what)) : box(x, top, width, 26, "ck-uncounted"),
      inside ? words(x + width / 2, top + (one.counts ? 13 : 17), one.label, "", "middle")
        : words(fits ? x + width + 5 : x - 5, top + 17, one.label, "ck-outside", fits ? "start" : "end"));
    y += height;
  }
  const step = [5, 10, 15, 30, 60, 120].find((minutes) => minutes * scale >= 44) || 240;
  stretches.forEach(([from, to], i) => {
    ruler.push(path(`M${at(from)} ${y + 4}H${at(to)}${i ? `M${at(from) - 5 * scale - 5} ${y + 8}l4 -8m2 8l4 -8` : ""}`, "ck-axis"));
    for (let minute = Math.ceil(from / step) * step; minute <= to; minute += step) {
      ruler.push(path(`M${at(minute)} 2V${y}`, "ck-guide"), path(`M${at(minute)} ${y}v8`, "ck-axis"),
        words(at(minute), y + 21, told(minute), "ck-faint", "middle"));
    }
  });
  if (!clock) ruler.push(words(0, y + 21, "minutes", "ck-faint"));
  y += 28;

  const most = Math.max(...sums.map((sum) => sum.band[1])) + 15; // one band more than was reached
  const unit = W / (most + 1);
  for (const { what, minutes, units } of sums) {
    const [said, spent, tip] = [plural(units, "unit", "units"), `${minutes} min`, (minutes + 0.5) * unit];
    const head = wrap(what, W - wide(said) - 20);
    const fit = wide(`${most - 14}–${most}`) <= 15 * unit;
    shapes.push(lined(0, y + 18, head, strong(what)), words(W, y + 18, said, "ck-bold", "end"));
    y += 22 + 15 * head.length;
    shapes.push(words(Math.min(Math.max(tip, wide(spent) / 2), W - wide(spent) / 2), y, spent, "ck-bold", "middle"));
    for (let n = 0; 15 * n - 7 <= most; n++) {
      const [from, to, kind] = [Math.max(0, 15 * n - 7), 15 * n + 7, n === units ? "ck-bold" : "ck-faint"];
      const [x, width, name] = [from * unit, (to - from + 1) * unit, plural(n, "unit", "units")];
      shapes.push(box(x + 1.5, y + 14, width - 3, 24, n === units ? "ck-reached" : "ck-band"),
        words(x + width / 2, y + 30, wide(name) + 8 <= width ? name : n, kind, "middle"),
        fit ? wide(`${from}–${to}`) <= width && words(x + width / 2, y + 53, `${from}–${to}`, kind, "middle") : n && words(x, y + 53, from, kind, "middle"));
    }
    shapes.push(path(`M${tip - 6} ${y + 4}h12l-6 9z`, "ck-dot"));
    y += 60;
  }
  return [y, [ruler, shapes]];
}

function drawPair({ one, two, indicator, opens, shown, gate }, W, hue) {
  const shut = indicator === "0" ? "nothing opens it" : "no reason in the note";
  const lines = wrap({ shut, closed: "needs a reason said", open: shown.join(", ") || "a reason is said" }[gate], 82);
  const [side, center, top, tall] = [Math.min(112, (W - 136) / 2), W / 2, 42, 15 * lines.length + 64];
  const [left, right, floor, lane] = [center - 52, center + 52, top + tall, top + tall - 26];
  const bars = [1, 2, 3, 4, 5, 6].map((n) => `M${left + (104 * n) / 7} ${top}V${floor}`).join("");
  const code = (x, name, what) => [panel(x, lane - 32, side, 64, hue(what)), words(x + side / 2, lane - 12, name, "", "middle"),
    words(x + side / 2, lane + 10, what, `${strong(what)} ck-large`, "middle")];
  const shapes = [words(center, 14, `Indicator ${indicator}`, "ck-bold", "middle"),
    words(center, 29, indicator === "0" ? "never opens" : "a reason opens it", "ck-faint", "middle"),
    path(`M${side} ${lane}H${gate === "open" ? W - side : left}M${right} ${lane}H${W - side}`, "ck-track"),
    gate === "shut" && path(`${bars}M${left} ${lane - 9}H${right}M${left} ${lane + 9}H${right}`, "ck-bars"),
    gate === "closed" && [box(left, top, 104, tall, "ck-door"), dot(center, lane - 5, 6), path(`M${center - 2.5} ${lane - 3}h5l3 16h-11z`, "ck-dot")],
    gate === "open" && [path(`M${left} ${top}l-12 8V${floor + 8}l12 -8z`, "ck-door"), dot(left - 8, lane + 14, 2)],
    path(`M${left} ${floor}V${top}H${right}V${floor}`, "ck-frame"),
    box(left + 6, top + 8, 92, 15 * lines.length + 8, "ck-plate"), lined(center, top + 23, lines, "ck-bold", "middle"),
    code(0, "Column one", one), code(W - side, "Column two", two),
    words(center, floor + 20, { shut: "Shut", closed: "Closed", open: "Open" }[gate], "ck-bold", "middle")];
  let y = floor + 32;
  for (const reason of opens) {
    const fits = shown.includes(reason);
    const text = wrap(`${reason}: ${fits ? "the note shows it" : "not shown"}`, W - 36);
    shapes.push(path(`M4 ${y + 13}a5 5 0 1 1 0 .1M14 ${y + 13}h13v5m-5 -5v4`, fits ? "ck-goodkey" : "ck-nokey"), lined(36, y + 17, text, fits ? "ck-bold" : "ck-faint"));
    y += 15 * text.length + 6;
  }
  return [y + 2, shapes];
}

const KINDS = { regions: [drawRegions, 400], minutes: [drawMinutes, 560], pair: [drawPair, 400] }; // each with its most units
const HATCHES = ["M-1 1L1 -1M0 6L6 0M5 7L7 5", "M1.5 1.5h.01M4.5 4.5h.01", "M0 1.5H6M0 4.5H6", "M0 3H6M3 0V6"];

function drawn(picture, hueOf, uid) {
  const [draw, most] = KINDS[picture.kind];
  const svg = s("svg", { role: "img", "aria-labelledby": `${uid}-title ${uid}-desc` });
  const figure = h("figure", { class: "ck-picture" }, h("h4", {}, picture.title), svg, picture.says && h("figcaption", {}, picture.says));
  const always = [s("title", { id: `${uid}-title` }, picture.title), s("desc", { id: `${uid}-desc` }, picture.alt),
    s("defs", {}, HATCHES.map((d, i) => s("pattern", { id: `${uid}-hatch${i}`, class: `ck-hue${i}`, width: 6, height: 6,
      patternUnits: "userSpaceOnUse" }, path(d, "ck-hatch"))))];
  const hue = (what) => ({ kind: `ck-hue${hueOf(what)}`, fill: `url(#${uid}-hatch${hueOf(what)})` });
  let last = 0;
  figure.fit = () => {
    const { fontFamily, fontSize } = getComputedStyle(figure);
    const unit = ((parseFloat(fontSize) || 15) * 0.84) / 12;
    const W = Math.round(Math.min(Math.max(figure.clientWidth / unit - 4 || 320, 290), most));
    if (last === W) return;
    last = W;
    pen.font = `600 12px ${fontFamily || "sans-serif"}`;
    const [height, shapes] = draw(picture, W, hue, uid);
    svg.setAttribute("viewBox", `-2 0 ${W + 4} ${Math.ceil(height)}`);
    svg.style.maxWidth = `${(W + 4) * unit}px`;
    svg.replaceChildren(...always, ...shapes.flat(Infinity).filter(Boolean));
  };
  return figure;
}

// The card -----------------------------------------------------------------------------------------------------------

function render({ model, el }) {
  const uid = `ck${Date.now().toString(36)}${++serial}`;
  const stop = new AbortController();
  let state = model.get("state");
  let form = null; // the one now asked
  let built = ""; // what it was built from
  let known = ""; // the last answer that this view and the kernel agree on
  let pending = null; // the message that waits for an answer
  let unanswered = null; // the last message the kernel did not answer, with its turn
  let turns = 0;
  let touched = false; // since the last reply
  let slots = [];

  // What the learner sees, top to bottom
  const crumb = h("p", { class: "ck-crumb" });
  const badge = h("p", { class: "ck-badge" });
  const title = h("h3", { id: `${uid}-title` });
  const facts = h("dl", { class: "ck-facts" });
  const policyPage = h("div", { class: "ck-policypage" });
  const policy = h("details", { class: "ck-policy" }, h("summary", {}, "The payer's policy"), policyPage);
  const text = h("div", { class: "ck-text" });
  const noteText = h("div", { class: "ck-notetext" });
  const note = h("section", { class: "ck-note", "aria-labelledby": `${uid}-note` }, h("h4", { id: `${uid}-note` }, "The note"), noteText);
  const part = h("p", { class: "ck-part" });
  const heading = h("h4", { tabindex: "-1" });
  const question = h("p", { class: "ck-ask" });
  const asked = h("div", { class: "ck-asked" });
  const rest = h("div", { class: "ck-rest" });
  const result = h("div", { class: "ck-result", role: "status", "aria-live": "polite" });
  const reasons = h("div", { class: "ck-reasons" });
  const given = h("div", { class: "ck-pictures" }); // before any answer
  const earned = h("div", { class: "ck-pictures" }); // by the answer
  const hints = h("ol", { class: "ck-hints" });
  const trouble = h("div", { class: "ck-troubles", role: "alert" });
  const ear = h("div", { class: "ck-hidden", role: "status", "aria-live": "polite" });
  const submit = h("button", { type: "submit", class: "ck-main" });
  const sure = tickbox("checkbox", `${uid}-sure`, "sure", () => {}, "I am sure");
  sure.label.className = "ck-plain";
  const hint = h("button", { type: "button", onclick: askHint });
  const again = h("button", { type: "button", class: "ck-quiet", onclick: startOver }, "Start over");
  const goOn = h("button", { type: "button", class: "ck-main", onclick: () => send({ kind: "go_on" }) }, "Go on");
  const open = h("p", { class: "ck-open", id: `${uid}-open` });
  const name = h("input", { id: `${uid}-who`, type: "text", autocomplete: "off", maxlength: "80" });
  const who = h("div", { class: "ck-who" }, h("label", { for: `${uid}-who` }, "Your name, kept on this computer (optional)"), name);
  const next = h("p", { class: "ck-next" });
  submit.setAttribute("aria-describedby", `${uid}-open`);

  const page = h("form", { class: "ck-page", novalidate: true, onsubmit: trySubmit },
    part, heading, question, asked, rest, result, reasons, hints, trouble, who,
    h("div", { class: "ck-actions" }, submit, goOn, sure.label, h("div", { class: "ck-more" }, hint, again)), open, next, ear);
  const material = h("div", { class: "ck-material" }, text, note, given);
  const body = h("div", { class: "ck-body" }, material, page);
  const card = h("article", { class: "ck-card", "aria-labelledby": `${uid}-title` },
    h("header", { class: "ck-top" }, h("div", { class: "ck-topline" }, crumb, badge), title, facts, policy), body);
  const root = h("div", { class: "ck" }, card);

  // JupyterLab stops the Enter that would send a form from a text field inside a cell, so it is sent here.
  page.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.target.type !== "text") return;
    event.preventDefault();
    page.requestSubmit(submit);
  });

  // The seconds that the form was in sight
  let seen = 0;
  let since = null;
  let inSight = false;
  const tickClock = () => {
    const now = performance.now();
    if (since !== null) seen += now - since;
    since = inSight && !document.hidden ? now : null;
  };
  const eye = new IntersectionObserver((entries) => { inSight = entries[entries.length - 1].isIntersecting; tickClock(); });
  eye.observe(card);
  document.addEventListener("visibilitychange", tickClock, { signal: stop.signal });

  // Pictures are drawn for the room they have, and drawn again when that changes
  const frame = new ResizeObserver(() => requestAnimationFrame(fitPictures));
  for (const one of [card, material]) frame.observe(one);

  // A line's own words of the note stand out while the line is pointed at or worked on
  const point = (event) => {
    const box = event.target.closest && event.target.closest(".ck-line, .ck-option, .ck-card-row, .ck-number, .ck-elsewhere");
    const lines = event.type === "pointerleave" || !box || !box.place ? [] : box.place.lines;
    for (const mark of card.querySelectorAll("mark")) mark.classList.toggle("ck-strong", mark.lines.some((line) => lines.includes(line)));
  };
  for (const kind of ["pointerover", "focusin"]) card.addEventListener(kind, point);
  card.addEventListener("pointerleave", point);

  // What was filled in but not sent outlives a reload or a new run of the cell, in this tab only
  const draftKey = () => `coursekit draft ${state.name} ${state.at}`;
  const standing = () => JSON.stringify([built, state.who, state.tries, state.answer]);
  const keepDraft = () => {
    const draft = { standing: standing(), values: form.values ? form.values() : readControls(form.el) };
    try { sessionStorage.setItem(draftKey(), JSON.stringify(draft)); } catch { /* storage may be switched off */ }
  };
  const dropDraft = () => { try { sessionStorage.removeItem(draftKey()); } catch { /* as above */ } };
  const readDraft = () => {
    try {
      const draft = JSON.parse(sessionStorage.getItem(draftKey()));
      return draft && draft.standing === standing() ? draft.values : null;
    } catch { return null; }
  };

  const announce = (words) => { ear.textContent = words; };

  // To the kernel ----------------------------------------------------------------------------------------------------

  function send(message) {
    if (pending) return;
    const same = unanswered && JSON.stringify(unanswered.what) === JSON.stringify([message.kind, message.answer]);
    // The same question twice keeps its number, so that a kernel that was only slow does not count it twice.
    const turn = same ? unanswered.turn : `${uid}-${++turns}`;
    pending = { kind: message.kind, turn, what: [message.kind, message.answer] };
    pending.timer = setTimeout(noAnswer, WAIT);
    // A usual answer takes 50 ms; saying so would only flicker.
    pending.slow = setTimeout(refreshActions, 400);
    pending.since = performance.now();
    model.send({ ...message, turn });
  }

  function noAnswer() {
    const silent = pending;
    forget();
    unanswered = silent;
    showTrouble();
    refreshActions();
  }

  function forget() {
    if (pending) [pending.timer, pending.slow].forEach(clearTimeout);
    pending = unanswered = null;
  }

  function trySubmit(event) {
    event.preventDefault();
    if (isAsleep(submit)) return announce(open.textContent);
    keepDraft();
    tickClock();
    send({ kind: "submit", answer: form.answer(), seconds: Math.round(seen / 100) / 10, certainty: sure.input.checked ? "sure" : "",
      hints: (state.opened || []).length, who: state.who ? "" : name.value.trim() });
  }

  function askHint() {
    if (!isAsleep(hint)) send({ kind: "hint" });
  }

  function startOver() {
    if (form.restore) form.restore([]);
    else writeControls(form.el, []);
    if (form.refresh) form.refresh();
    sure.input.checked = false;
    touched = false;
    dropDraft();
    slots.forEach(clearSlot);
    send({ kind: "start_over" });
    announce("The blanks are empty again.");
    first().focus();
  }

  const first = () => form.el.querySelector("input:enabled, select:enabled, button:enabled") || submit;

  // From the kernel --------------------------------------------------------------------------------------------------

  function changed(place) {
    touched = true;
    if (place && place.lines.length) {
      place.box.classList.add("ck-changed");
      place.verdict.className = "ck-verdict";
      put(place.verdict, "changed");
    }
    keepDraft();
    refreshActions();
  }

  function build() {
    const ask = state.ask;
    built = JSON.stringify([state.name, state.at, ask]);
    form = (FORMS[ask.form] || unknownForm)(ask, { uid: `${uid}-${state.at}`, changed, announce, note: state.note || "" });
    put(asked, form.el);
    slots = [...form.el.querySelectorAll("*"), form.el].map((one) => one.place).filter(Boolean);
    heading.textContent = TITLES[ask.form] || "";
    heading.hidden = !heading.textContent;
    question.textContent = form.asks ? "" : ask.question || "";
    question.hidden = !question.textContent;
    if (!heading.textContent && question.textContent) form.el.setAttribute("role", "group");
    if (!heading.textContent && question.textContent) form.el.setAttribute("aria-label", question.textContent);
    note.hidden = !state.note || Boolean(form.holdsNote);
    text.hidden = !state.text;
    text.textContent = (state.text || "").replace(/\s+$/, "");
    // Text laid out in columns needs letters of one width.
    text.classList.toggle("ck-table", /\S {2,}\S|\t| \| /.test(state.text || ""));
    body.classList.toggle("ck-two", !note.hidden || (state.text || "").length > 400);
    part.textContent = (state.forms || []).length > 1 ? `Question ${state.at + 1} of ${state.forms.length}` : "";
    touched = false;
    seen = 0;
    const draft = readDraft();
    known = state.answer || "";
    if (known) form.fill(known);
    if (form.sent) form.sent();
    showReply();
    if (draft) {
      if (form.restore) form.restore(draft);
      else writeControls(form.el, draft);
      if (form.refresh) form.refresh();
      touched = true;
    }
  }

  function showFrame() {
    const at = state.crumb || {};
    crumb.textContent = [at.notebook, at.number && at.of && `${at.number} of ${at.of}`].filter(Boolean).join(" · ");
    title.textContent = state.title || state.name;
    put(facts, (state.facts || []).map(([what, said]) => h("div", {}, h("dt", {}, what), h("dd", {}, said))));
    facts.hidden = !(state.facts || []).length;
    put(policyPage, policyBlocks(state.policy || []));
    policy.hidden = !(state.policy || []).length;
  }

  function showReply() {
    const reply = state.reply;
    slots.forEach(clearSlot);
    put(rest);
    const marks = (reply && reply.marks) || [];
    put(noteText, noteLines(state.note || "", marks));
    if (form.mark) form.mark(marks);

    for (const line of (reply && reply.lines) || []) {
      let place = form.slot(String(line.line));
      if (!place) {
        const verdict = newVerdict();
        const box = h("div", { class: "ck-elsewhere" });
        place = slot(box, verdict, ["stands", "does not stand"]);
        const where = form.elsewhere ? form.elsewhere(line.line) : "";
        box.append(h("p", { class: "ck-elsewherename" }, h("span", {}, line.line ? h("span", { class: "ck-mono" }, line.line) : "The whole visit",
          where && ` · ${where}`), verdict), place.items);
        rest.append(box);
      }
      place.lines.push(String(line.line));
      if (line.line || !line.stands) showVerdict(place, line);
      place.items.append(...(line.items || []).map(remark));
    }

    const tries = (reply && reply.tries) || state.tries || 0;
    const solved = Boolean(reply && reply.solved);
    const kind = !reply ? "" : reply.status === "invalid" ? "invalid" : reply.status === "recorded" ? "recorded" : solved ? "solved" : "wrong";
    badge.textContent = kind === "solved" ? `✓ Solved on the ${ordinal(tries || 1)} try` : kind === "recorded" ? "Recorded" : tries ? plural(tries, "try", "tries") : "";
    badge.className = `ck-badge ck-${kind}`;
    result.className = `ck-result ck-${kind}`;
    put(result, reply && [
      h("p", { class: "ck-headline" }, h("span", { class: "ck-sign", "aria-hidden": "true" }, { solved: "✓", wrong: "✗", recorded: "●", invalid: "!" }[kind]),
        h("span", {}, reply.headline || "", kind === "invalid" && h("small", {}, " This was not counted as a try."))),
      (reply.parts || []).length > 0 && h("p", { class: "ck-parts" }, reply.parts.map(([what, right, of], i) =>
        [i > 0 && " · ", h("span", {}, `${what} `, h("b", {}, `${right}/${of}`))])),
    ]);
    put(reasons,
      reply && reply.answers && h("div", { class: "ck-reason" }, h("p", {}, h("b", {}, solved ? "The best answer. " : "The right answer. "), reply.answers)),
      reply && reply.why && h("div", { class: `ck-reason ck-${solved ? "good" : "plain"}reason` }, h("p", {}, h("b", {}, "Why. "), reply.why)));
    showPictures();
    next.textContent = reply && reply.next && !reply.next_form ? `Next in this notebook: ${reply.next.title}` : "";
    if (state.earlier_wording) rest.prepend(h("p", { class: "ck-how" }, "You answered an earlier wording of this exercise. Your answer is shown as far as it still fits."));
  }

  function showPictures() {
    const mine = ((state.reply && state.reply.pictures) || []).filter((one) => KINDS[one.kind]);
    // What the exercise itself shows stays until an answer brings a picture of the same kind.
    const first = (state.pictures || []).filter((one) => KINDS[one.kind] && !mine.some((other) => other.kind === one.kind));
    const named = ({ places = [], blocks = [], one, two }) => [...places, ...blocks.filter((block) => block.counts)].map((row) => row.what).concat(one || [], two || []);
    const whats = [...new Set([...first, ...mine].flatMap(named))];
    const hue = (what) => Math.max(0, whats.indexOf(what)) % HATCHES.length;
    for (const [place, all, id] of [[given, first, "given"], [earned, mine, "earned"]]) {
      put(place, all.map((one, i) => drawn(one, hue, `${uid}-${id}${i}`)));
      place.hidden = !all.length;
    }
    fitPictures();
  }

  // In two columns pictures stand under the note; in one, those that an answer earned follow its feedback.
  function fitPictures() {
    const beside = body.classList.contains("ck-two") && root.clientWidth >= 780; // as in the stylesheet
    if (beside && earned.parentElement !== material) material.append(earned);
    if (!beside && earned.parentElement !== page) page.append(earned);
    for (const figure of [...given.children, ...earned.children]) figure.fit();
    // A column taller than the window (less the toolbars around a notebook) is held by its lower end.
    card.style.setProperty("--ck-pin", `${Math.min(0, window.innerHeight - 140 - material.offsetHeight)}px`);
  }

  function showHints() {
    const all = state.opened || [];
    put(hints, all.map((words, i) => h("li", {}, h("b", {}, `Hint ${i + 1}. `), words)));
    hints.hidden = !all.length;
    hint.hidden = !state.hints;
    const left = (state.hints || 0) - all.length;
    hint.textContent = left > 0 ? `Hint ${all.length + 1} of ${state.hints}` : "No more hints";
  }

  function showTrouble() {
    const said = [];
    if (unanswered) said.push(["No answer from the kernel. ", "It may be busy, or it was stopped. Run this cell again; what you filled in is still here."]);
    if (state.trouble) said.push(["", state.trouble]);
    if (state.reply && state.reply.trouble) said.push(["This answer was not kept. ", `${state.reply.trouble} You can go on all the same.`]);
    put(trouble, said.map(([head, words]) => h("p", { class: "ck-trouble" }, h("span", { class: "ck-sign", "aria-hidden": "true" }, "!"),
      h("span", {}, head && h("b", {}, head), words))));
  }

  function refreshActions() {
    const reply = state.reply;
    const missing = form.open();
    const solved = Boolean(reply && reply.solved);
    const done = (solved || (reply && reply.status === "recorded")) && !touched && !reply.trouble;
    const slow = pending !== null && performance.now() - pending.since > 300;
    submit.textContent = slow && pending.kind === "submit" ? "Checking…" : reply ? "Submit again" : "Submit";
    asleep(submit, missing.length > 0 || done || slow);
    submit.classList.toggle("ck-main", !(solved && !touched));
    const shown = missing.length > 3 ? [...missing.slice(0, 3), `${missing.length - 3} more`] : missing;
    open.textContent = slow ? "" : missing.length ? `Still open: ${shown.join("; ")}.` : done && !reply.next_form ? "Change the answer to submit it again." : "";
    goOn.hidden = !(reply && reply.next_form);
    goOn.classList.toggle("ck-main", Boolean(done));
    again.hidden = !(reply || touched);
    if ((done && sure.input === document.activeElement) || (state.who && who.contains(document.activeElement))) submit.focus();
    sure.label.hidden = Boolean(done);
    who.hidden = Boolean(state.who) || state.who === undefined || state.who === null;
    asleep(hint, slow || (state.opened || []).length >= (state.hints || 0));
  }

  function update(kind) {
    const before = state;
    state = model.get("state");
    forget();
    if (!state || !state.ask) return;
    const moved = built !== JSON.stringify([state.name, state.at, state.ask]);
    showFrame();
    if (moved) {
      build();
      if (kind === "go_on" || (before && before.at !== state.at)) (heading.hidden ? first() : heading).focus();
    } else {
      const replied = JSON.stringify(before.reply) !== JSON.stringify(state.reply) || kind === "submit";
      if (kind === "submit" && !state.trouble) {
        if (!state.reply || state.reply.status !== "invalid") {
          dropDraft();
          touched = false;
          seen = 0;
          sure.input.checked = false;
        }
        known = state.answer || "";
        if (form.sent) form.sent();
      } else if (state.answer && state.answer !== known) {
        known = state.answer; // answered in another view of this same form
        form.fill(known);
        if (form.sent) form.sent();
        touched = false;
      }
      if (replied) showReply();
    }
    showHints();
    showTrouble();
    refreshActions();
    if (kind === "hint" && state.opened && state.opened.length) announce(`Hint ${state.opened.length}: ${state.opened[state.opened.length - 1]}`);
  }

  // After each of our messages the kernel sets the state and then says "answered"; only then is the answer whole.
  const stateChanged = () => { if (!pending && !unanswered) update(); };
  const answered = (message) => {
    const waiting = pending || unanswered;
    if (message && message.kind === "answered" && waiting && message.turn === waiting.turn) update(waiting.kind);
  };
  model.on("change:state", stateChanged);
  model.on("msg:custom", answered);

  update();
  el.append(root);

  return () => {
    stop.abort();
    eye.disconnect();
    frame.disconnect();
    forget();
    model.off("change:state", stateChanged);
    model.off("msg:custom", answered);
  };
}

function unknownForm(ask) {
  return {
    el: h("p", {}, `This version of the form does not know “${ask.form}”. Update the course and run this cell again.`),
    open: () => ["an update of the course"], answer: () => "", fill() {}, slot: () => null,
  };
}

export default { render };
