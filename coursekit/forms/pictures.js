// A picture as a figure: its title, its drawing for the room it has, its words for whoever cannot see it, its sentence.

import { h } from "./elements.js";
import { path, pen, s } from "./drawing.js";
import { drawRegions } from "./where.js";
import { drawMinutes } from "./when.js";
import { drawPair } from "./gate.js";
import { drawTree } from "./tree.js";
import { drawPath } from "./path.js";

// Each kind with its most units.
const KINDS = { regions: [drawRegions, 400], minutes: [drawMinutes, 560], pair: [drawPair, 400], tree: [drawTree, 480], path: [drawPath, 820] };
const HATCHES = ["M-1 1L1 -1M0 6L6 0M5 7L7 5", "M1.5 1.5h.01M4.5 4.5h.01", "M0 1.5H6M0 4.5H6", "M0 3H6M3 0V6"];

// The pictures of a kind that is known here.
export const drawable = (pictures) => (pictures || []).filter((one) => KINDS[one.kind]);

// Which of the four hues each code or service has, the same in all pictures that stand together.
export function hues(pictures) {
  const named = ({ places = [], blocks = [], rows = [], one, two }) => [...places.map((row) => row.what),
    ...blocks.filter((block) => block.counts).map((row) => row.what), ...rows.filter((row) => row.marked && row.code).map((row) => row.code), one, two];
  const whats = [...new Set(pictures.flatMap(named).filter(Boolean))];
  return (what) => Math.max(0, whats.indexOf(what)) % HATCHES.length;
}

export function drawn(picture, hueOf, uid) {
  const [draw, most] = KINDS[picture.kind];
  const svg = s("svg", { role: "img", "aria-labelledby": `${uid}-title ${uid}-desc` });
  const figure = h("figure", { class: "ck-picture" }, h("h4", {}, picture.title), svg,
    picture.says && h("figcaption", {}, picture.says.split("\n").map((line) => h("p", {}, line))));
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
