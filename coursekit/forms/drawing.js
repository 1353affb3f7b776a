// What pictures are drawn with. Each picture is SVG, W units wide, where small text is 12 units high.
//
// A function that draws takes the picture, W and `hue(what)`, the color and hatch of a code or service, the same in all
// pictures that stand together; it gives [height, shapes].

export function s(tag, props = {}, ...children) {
  const el = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(props)) el.setAttribute(key, value);
  el.append(...children.flat(Infinity).filter((child) => child || child === 0));
  return el;
}

export const pen = document.createElement("canvas").getContext("2d");
export const wide = (text) => pen.measureText(text).width;
export const words = (x, y, text, kind = "", anchor = "start") => s("text", { x, y, class: kind, "text-anchor": anchor }, text);
export const lined = (x, y, lines, kind, anchor) => lines.map((line, i) => words(x, y + 15 * i, line, kind, anchor));
export const path = (d, kind = "") => s("path", { d, class: kind });
export const box = (x, y, width, height, kind, rx = 3) => s("rect", { x, y, width, height, rx, class: kind });
export const hatch = (x, y, width, height, { fill }) => s("rect", { x, y, width, height, fill });
export const dot = (cx, cy, r) => s("circle", { cx, cy, r, class: "ck-dot" });
export const mono = (text) => (/^[A-Z]?\d{4,5}[A-Z]?$/.test(text) ? "ck-codetext" : "");
export const strong = (text) => `ck-bold ${mono(text)}`;

// A tinted box with a hatch along its lower edge, so that what is written in it stays easy to read.
export const panel = (x, y, width, height, hue, edge = 8) => [box(x, y, width, height, `${hue.kind} ck-tint`),
  hatch(x, y + height - edge, width, edge, hue), box(x, y, width, height, `${hue.kind} ck-edged`)];

export function wrap(text, width) {
  const lines = [];
  for (const word of String(text).split(/\s+/)) {
    if (lines.length && wide(`${lines.at(-1)} ${word}`) <= width) lines.push(`${lines.pop()} ${word}`);
    else lines.push(word);
  }
  return lines;
}
