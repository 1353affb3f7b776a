// An explorer: fields to change, and what the kernel answers to them. It decides nothing itself.

import { h, newId, put, tickbox } from "./elements.js";
import { cited } from "./cited.js";
import { drawable, drawn, hues } from "./pictures.js";

const SILENCE = 6000; // milliseconds until we say that the kernel does not answer
const TYPING = 250; // milliseconds that a number or a date has to rest

// Each kind of field makes {el, read(), write(value)}.
const FIELDS = {
  pick({ label, options }, id, changed) {
    const select = h("select", { id, onchange: () => changed() }, options.map(([value, text]) => h("option", { value }, text)));
    return { el: labeled(label, id, select), read: () => select.value, write: (value) => { select.value = value || ""; } };
  },
  whole: ({ label }, id, changed) => typed(label, id, { type: "text", inputmode: "numeric", autocomplete: "off", maxlength: "6", size: "4" }, changed),
  day: ({ label }, id, changed) => typed(label, id, { type: "date" }, changed),
  yes({ label }, id, changed) {
    const { input, label: el } = tickbox("checkbox", id, "yes", () => changed(), label);
    el.className = "ck-plain";
    return { el, read: () => (input.checked ? "yes" : ""), write: (value) => { input.checked = Boolean(value); } };
  },
  ticks({ label, options }, id, changed) {
    const boxes = options.map(([value, text]) => tickbox("checkbox", id, value, () => changed(), text));
    return {
      el: h("div", { class: "ck-field", role: "group", "aria-labelledby": `${id}-name` }, h("span", { id: `${id}-name`, class: "ck-label" }, label),
        h("div", { class: "ck-chips" }, boxes.map((one) => one.label))),
      read: () => boxes.filter((one) => one.input.checked).map((one) => one.input.value),
      write: (values) => { for (const { input } of boxes) input.checked = (values || []).includes(input.value); },
    };
  },
};

const labeled = (label, id, control) => h("div", { class: "ck-field" }, h("label", { for: id }, label), control);

function typed(label, id, props, changed) {
  const input = h("input", { id, oninput: () => changed(TYPING), ...props });
  return { el: labeled(label, id, input), read: () => input.value, write: (value) => { input.value = value || ""; } };
}

function render({ model, el }) {
  const uid = newId();
  let state = model.get("state");
  let turns = 0;
  let asked = ""; // the turn that waits for an answer
  const timers = {};

  const fields = {};
  const groups = state.groups.map(({ legend, fields: mine }) => h("fieldset", { class: "ck-settings" }, h("legend", {}, legend),
    h("div", { class: "ck-fields" }, mine.map((one) => {
      fields[one.name] = (FIELDS[one.kind] || FIELDS.whole)(one, `${uid}-${one.name}`, changed);
      return fields[one.name].el;
    }))));
  const headline = h("p", { class: "ck-headline", role: "status", "aria-live": "polite" });
  const trouble = h("div", { class: "ck-troubles", role: "alert" });
  const panels = h("div", { class: "ck-panels" });
  const rows = h("dl", { class: "ck-rows" });
  const says = h("ul", { class: "ck-sources" });
  const pictures = h("div", { class: "ck-pictures" });
  const answer = h("div", { class: "ck-answer" }, panels, rows, pictures, says);
  const card = h("section", { class: "ck-card ck-explorer", "aria-labelledby": `${uid}-title` },
    h("header", { class: "ck-top" }, h("h3", { id: `${uid}-title` }, state.title), h("p", { class: "ck-how" }, state.about)),
    h("div", { class: "ck-sides" }, h("div", { class: "ck-asks" }, groups), h("div", { class: "ck-tells" }, headline, trouble, answer)));
  const root = h("div", { class: "ck" }, card);

  const fill = () => { for (const [name, one] of Object.entries(fields)) one.write(state.settings[name]); };
  const settings = () => Object.fromEntries(Object.entries(fields).map(([name, one]) => [name, one.read()]));

  function changed(rest = 0) {
    clearTimeout(timers.rest);
    timers.rest = setTimeout(ask, rest);
  }

  function ask() {
    asked = `${uid}-${++turns}`;
    model.send({ settings: settings(), turn: asked });
    clearTimeout(timers.silence);
    timers.silence = setTimeout(() => complain("No answer from the kernel. It may be busy, or it was stopped. Run this cell again."), SILENCE);
  }

  function complain(words) {
    put(trouble, words && h("p", { class: "ck-trouble" }, h("span", { class: "ck-sign", "aria-hidden": "true" }, "!"), h("span", {}, words)));
    // An answer to other settings must not be read as one to these; it keeps its room, so that nothing jumps.
    headline.hidden = Boolean(words);
    answer.classList.toggle("ck-gone", Boolean(words));
  }

  function show() {
    const { result } = state;
    complain(result.trouble);
    if (result.trouble) return;
    headline.textContent = result.headline;
    put(panels, result.panels.map((panel) => h("section", { class: "ck-panel" }, h("h4", {}, panel.title), h("p", { class: "ck-figure" }, panel.head),
      h("ul", {}, panel.lines.map((line, i) => h("li", {}, i > 0 && "or ", h("span", { class: "ck-mono" }, line)))), panel.notes.map((note) => h("p", { class: "ck-how" }, note)))));
    put(rows, result.rows.map(([what, said, strong]) => h("div", { class: strong && "ck-strongrow" }, h("dt", {}, what), h("dd", {}, said))));
    put(says, result.says.map(({ text, source }) => h("li", {}, h("p", {}, text), source && h("p", { class: "ck-source" }, cited(source)))));
    const all = drawable(result.pictures);
    const hue = hues(all);
    put(pictures, all.map((one, i) => drawn(one, hue, `${uid}-${i}`)));
    for (const part of [panels, rows, says, pictures]) part.hidden = !part.childNodes.length;
    fit();
  }

  const fit = () => { for (const figure of pictures.children) figure.fit(); };
  const frame = new ResizeObserver(() => requestAnimationFrame(fit));
  frame.observe(card);

  function update() {
    state = model.get("state");
    // An answer to settings of before; the one to these is still to come.
    if (asked && state.turn !== asked) return;
    clearTimeout(timers.silence);
    // Another view of this explorer was changed. What is typed in this one is not written over by its own answer.
    if (!asked) fill();
    asked = "";
    show();
  }
  model.on("change:state", update);

  fill();
  el.append(root);
  show();

  return () => {
    frame.disconnect();
    Object.values(timers).forEach(clearTimeout);
    model.off("change:state", update);
  };
}

export default { render };
