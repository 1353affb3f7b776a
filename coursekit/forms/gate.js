// A pair of codes as two columns with a gate between them: shut, keyed, closed, open, or none where there is no edit.

import { box, dot, lined, panel, path, strong, words, wrap } from "./drawing.js";

const STATES = { shut: "Shut", keyed: "Opens with a reason", closed: "Closed", open: "Open", none: "No edit" };

export function drawPair({ one, two, indicator, opens, shown, gate }, W, hue) {
  const shut = indicator === "0" ? "nothing opens it" : "no reason in the note";
  const plate = { shut, closed: "needs a reason said", open: shown.join(", ") || "a reason is said" }[gate];
  const lines = plate ? wrap(plate, 82) : [];
  const top = { none: -4, keyed: 27 }[gate] || 42;
  const [side, center, tall] = [Math.min(112, (W - 136) / 2), W / 2, 15 * lines.length + (gate === "keyed" ? 76 : 64)];
  const [left, right, floor, lane] = [center - 52, center + 52, top + tall, top + tall - 26];
  const free = gate === "open" || gate === "none";
  const code = (x, name, what) => [panel(x, lane - 32, side, 64, hue(what)), gate !== "none" && words(x + side / 2, lane - 12, name, "", "middle"),
    words(x + side / 2, lane + (gate === "none" ? 2 : 10), what, `${strong(what)} ck-large`, "middle")];
  const bars = [1, 2, 3, 4, 5, 6].map((n) => `M${left + (104 * n) / 7} ${top}V${floor}`).join("");
  const frame = [path(`M${left} ${floor}V${top}H${right}V${floor}`, "ck-frame"),
    plate && box(left + 6, top + 8, 92, 15 * lines.length + 8, "ck-plate"), lined(center, top + 23, lines, "ck-bold", "middle")];
  const shapes = [
    gate !== "none" && [words(center, 14, `Indicator ${indicator}`, "ck-bold", "middle"),
      gate !== "keyed" && words(center, 29, indicator === "0" ? "never opens" : "a reason opens it", "ck-faint", "middle")],
    path(`M${side} ${lane}H${free ? W - side : left}M${right} ${lane}H${W - side}`, "ck-track"),
    gate === "shut" && path(`${bars}M${left} ${lane - 9}H${right}M${left} ${lane + 9}H${right}`, "ck-bars"),
    (gate === "closed" || gate === "keyed") && [box(left, top, 104, tall, "ck-door"), dot(center, lane - 5, 6), path(`M${center - 2.5} ${lane - 3}h5l3 16h-11z`, "ck-dot")],
    gate === "open" && [path(`M${left} ${top}l-12 8V${floor + 8}l12 -8z`, "ck-door"), dot(left - 8, lane + 14, 2)],
    gate === "none" ? words(center, lane - 12, "no gate", "ck-faint", "middle") : frame,
    code(0, "Column one", one), code(W - side, "Column two", two),
    words(center, floor + 20, STATES[gate], "ck-bold", "middle")];
  let y = floor + 32;
  for (const reason of opens) {
    const fits = shown.includes(reason);
    // Before an answer nobody has looked at the note.
    const text = wrap(gate === "keyed" ? reason : `${reason}: ${fits ? "the note shows it" : "not shown"}`, W - 36);
    shapes.push(path(`M4 ${y + 13}a5 5 0 1 1 0 .1M14 ${y + 13}h13v5m-5 -5v4`, fits ? "ck-goodkey" : "ck-nokey"), lined(36, y + 17, text, fits ? "ck-bold" : "ck-faint"));
    y += 15 * text.length + 6;
  }
  return [y + 2, shapes];
}
