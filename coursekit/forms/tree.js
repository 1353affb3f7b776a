// The family tree of codes: section, group, family, code. Marked codes stand out, their siblings are faint.

import { box, hatch, lined, path, wide, words, wrap } from "./drawing.js";
import { plural } from "./elements.js";

const STEP = 18; // how far a level is set in
const MOST = 16; // siblings beyond this many go by their numbers alone

export function drawTree({ rows }, W, hue) {
  const named = rows.filter((row) => row.code).length <= MOST;
  const shapes = [];
  const branches = []; // of the open levels: where each started, and where its last twig is
  const close = (level) => {
    for (const one of branches.splice(level)) if (one.end) shapes.push(path(`M${one.x} ${one.start}V${one.end}`, "ck-leader"));
  };
  let y = 4;
  for (let i = 0; i < rows.length; i++) {
    const { level, text, code, marked, count } = rows[i];
    close(level);
    const [x, stands] = [level * STEP, code && marked];
    const left = x + (code ? 56 : 2);
    let lines = wrap(count ? `${text} (${plural(count, "code", "codes")})` : text, W - left - 14);
    if (code && !marked && !named) {
      const run = [code];
      while (rows[i + 1] && rows[i + 1].code && !rows[i + 1].marked && rows[i + 1].level === level) run.push(rows[++i].code);
      lines = wrap(run.join(" "), W - x - 50); // letters of one width are wider than those that are measured
    }
    const tall = 15 * lines.length + (stands ? 13 : 6);
    const middle = y + (stands ? 15 : 10);
    const parent = branches.at(-1);
    if (parent) {
      parent.end = middle;
      shapes.push(path(`M${parent.x} ${middle}H${x - 3}`, "ck-leader"));
    }
    if (stands) {
      const [width, look] = [Math.min(W - x - 1, 66 + Math.max(...lines.map(wide))), hue(code)];
      shapes.push(box(x, y + 1, width, tall - 3, `${look.kind} ck-tint`), hatch(x, y + 1, 6, tall - 3, look), box(x, y + 1, width, tall - 3, `${look.kind} ck-edged`));
    }
    const kind = marked ? "ck-bold" : "ck-faint";
    if (code && (named || marked)) shapes.push(words(x + (marked ? 12 : 4), middle + 4, code, `${kind} ck-codetext`));
    if (code && !named && !marked) shapes.push(lined(x + 4, middle + 4, lines, "ck-faint ck-codetext"));
    else shapes.push(lined(left + (stands ? 4 : 0), middle + 4, lines, kind));
    branches.push({ x: x + 7, start: y + tall - 1, end: 0 });
    y += tall + (code ? 0 : 2);
  }
  close(0);
  return [y + 4, shapes];
}
