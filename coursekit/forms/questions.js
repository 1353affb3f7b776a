// The note and the eight ways of asking about it.

import { h, hidden, plural, put, tickbox } from "./elements.js";

// A place where feedback can land: a box with a verdict beside its title and a list of remarks under it.
export function slot(box, verdict, words) {
  const items = h("ul", { class: "ck-items" });
  const own = { box, verdict, items, words, lines: [] };
  box.place = own;
  return own;
}

export const newVerdict = () => h("span", { class: "ck-verdict" });

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

export function noteLines(note, marks) {
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

export function readControls(el) {
  return controlsOf(el).map((one) => (one.type === "checkbox" || one.type === "radio" ? one.checked : one.value));
}

export function writeControls(el, values) {
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
      const agrees = (given, piece) => piece.ask || ((given.units == null || given.units === piece.units) &&
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
  const say = [given.code, given.units != null && `× ${given.units}`, ...(given.given || [])];
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
  const code = given.code == null ? picker("Code", ask.codes.map(([value, text]) => [value, `${value} ${text}`])) : null;
  const units = given.units == null ? picker("Units", [1, 2, 3, 4, 5, 6, 7, 8].map((n) => [n, n])) : null;

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

export const FORMS = { complete, audit, support, choose: options("radio"), select: options("checkbox"), sort, order, number };
export const TITLES = { complete: "Your claim", audit: "The claim" };
