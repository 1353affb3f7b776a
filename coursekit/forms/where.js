// A map of the body: what was done where, and what two services have in common.

import { box, dot, hatch, lined, mono, panel, path, s, wide, words, wrap } from "./drawing.js";

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

export function drawRegions({ places, shared }, W, hue, uid) {
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
