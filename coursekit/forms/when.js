// A ruler of the visit: its minutes, the bands of units, and what the other rule would make of them.

import { plural } from "./elements.js";
import { box, lined, panel, path, strong, wide, words, wrap } from "./drawing.js";

const SHORTENED = 40; // minutes; a longer pause is drawn as ten

export function drawMinutes({ clock, blocks, sums, other }, W, hue) {
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
  const step = [5, 10, 15, 30, 60, 120, 240, 480].find((minutes) => minutes * scale >= 44) || 960;
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
  const bands = Math.floor((most + 7) / 15) + 1;
  const fitting = Math.floor(W / (wide(String(most)) + 6)); // of more bands only the last up to the one reached are drawn
  for (const { what, minutes, units } of sums) {
    const first = bands > fitting ? Math.max(0, units + 2 - fitting) : 0;
    const [least, last] = [Math.max(0, 15 * first - 7), bands > fitting ? first + fitting - 1 : bands - 1];
    const unit = W / (15 * last + 8 - least);
    const [said, spent, tip] = [plural(units, "unit", "units"), `${minutes} min`, (minutes + 0.5 - least) * unit];
    const head = wrap(what, W - wide(said) - 20);
    const fit = wide(`${most - 14}–${most}`) <= 15 * unit;
    shapes.push(lined(0, y + 18, head, strong(what)), words(W, y + 18, said, "ck-bold", "end"));
    y += 22 + 15 * head.length;
    shapes.push(words(Math.min(Math.max(tip, wide(spent) / 2), W - wide(spent) / 2), y, spent, "ck-bold", "middle"));
    for (let n = first; n <= last; n++) {
      const [from, to, kind] = [Math.max(0, 15 * n - 7), 15 * n + 7, n === units ? "ck-bold" : "ck-faint"];
      const [x, width, name] = [(from - least) * unit, (to - from + 1) * unit, plural(n, "unit", "units")];
      shapes.push(box(x + 1.5, y + 14, width - 3, 24, n === units ? "ck-reached" : "ck-band"),
        words(x + width / 2, y + 30, wide(name) + 8 <= width ? name : n, kind, "middle"),
        fit ? wide(`${from}–${to}`) <= width && words(x + width / 2, y + 53, `${from}–${to}`, kind, "middle") : n > first && words(x, y + 53, from, kind, "middle"));
    }
    shapes.push(path(`M${tip - 6} ${y + 4}h12l-6 9z`, "ck-dot"));
    y += 60;
  }
  // What the other rule would make of it stands apart, in a dashed box, for it does not count here.
  if (other) {
    const lines = wrap(other, W - 20);
    shapes.push(box(1, y + 4, W - 2, 15 * lines.length + 12, "ck-uncounted"), lined(10, y + 22, lines, "ck-faint"));
    y += 15 * lines.length + 20;
  }
  return [y, [ruler, shapes]];
}
