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
  const body = h("div", { class: "ck-body" }, h("div", { class: "ck-material" }, text, note), page);
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
    next.textContent = reply && reply.next && !reply.next_form ? `Next in this notebook: ${reply.next.title}` : "";
    if (state.earlier_wording) rest.prepend(h("p", { class: "ck-how" }, "You answered an earlier wording of this exercise. Your answer is shown as far as it still fits."));
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
