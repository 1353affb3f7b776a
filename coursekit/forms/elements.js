// Elements of a page, for forms and explorers. Data only ever becomes text nodes and attribute values, never markup.

const FOCUSABLE = new Set(["input", "select", "button", "a", "summary", "textarea"]);

export function h(tag, props = {}, ...children) {
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

export const put = (el, ...children) => el.replaceChildren(...children.flat(Infinity).filter((child) => child || child === 0));
export const hidden = (text) => h("span", { class: "ck-hidden" }, text);
export const asleep = (button, yes) => button.setAttribute("aria-disabled", yes ? "true" : "false");
export const isAsleep = (button) => button.getAttribute("aria-disabled") === "true";
export const plural = (n, one, many) => `${n} ${n === 1 ? one : many}`;

export function ordinal(n) {
  const tens = n % 100;
  if (tens > 10 && tens < 14) return `${n}th`;
  return n + (["th", "st", "nd", "rd"][n % 10] || "th");
}

export function tickbox(type, name, value, changed, ...text) {
  const input = h("input", { type, name, value, onchange: changed });
  return { input, label: h("label", { class: "ck-chip" }, input, h("span", {}, text)) };
}

let serial = 0;
export const newId = () => `ck${Date.now().toString(36)}${++serial}`;
