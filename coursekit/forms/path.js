// The path of a claim: a track of stations, the practice's and the payer's, and the ways back.
//
// Where there is room the track runs from left to right and ways back run below it; else it runs down and they run beside.

import { box, lined, path, wide, words, wrap } from "./drawing.js";

const HEADS = { practice: "At the practice", payer: "At the payer" };
const NARROW = 440; // more room than this is of no use to a track that runs down

export function drawPath(picture, W) {
  const needs = picture.stations.map((one) => Math.max(44, 14 + Math.max(...one.label.split(" ").map(wide))));
  const left = W - needs.reduce((sum, need) => sum + need, 0);
  return left >= 0 ? across(picture, needs.map((need) => need + left / needs.length)) : down(picture, Math.min(W, NARROW));
}

const stop = (x, y, n, { marked }) => [box(x - 10, y - 10, 20, 20, marked ? "ck-stop ck-here" : "ck-stop", 10), words(x, y + 4.5, n, "ck-bold", "middle")];
const look = ({ marked }) => (marked ? "ck-way ck-taken" : "ck-way");
const voice = ({ marked }, else_ = "") => (marked ? "ck-bold" : else_);

// A way back that spans another runs outside of it. All leave and reach a station at points of their own, so that none
// lies on another: the inner one leaves on the side it goes to, and reaches on the side it comes from.
function laned(ways, at) {
  const spans = ways.map((way) => ({ ...way, near: at[way.to], far: at[way.from] }));
  const holds = (one, other) => one !== other && other.near >= one.near && other.far <= one.far;
  return spans.map((one) => {
    const lane = spans.some((other) => holds(one, other)) ? 1 : 0;
    return { ...one, lane, from: one.far + (lane ? 2 : -7), to: one.near + (lane ? -1 : 9) };
  });
}

function grouped(stations) {
  const groups = [];
  stations.forEach((one, i) => {
    if (!groups.length || groups.at(-1).at !== one.at) groups.push({ at: one.at, first: i });
    groups.at(-1).last = i;
  });
  return groups;
}

function across({ stations, ways }, widths) {
  const track = 44;
  const left = (i) => widths.slice(0, i).reduce((sum, width) => sum + width, 0);
  const center = (i) => left(i) + widths[i] / 2;
  const labels = stations.map((one, i) => wrap(one.label, widths[i] - 12));
  const low = track + 22 + 15 * Math.max(...labels.map((lines) => lines.length));
  const shapes = grouped(stations).map(({ at, first, last }) => [
    box(left(first) + 2, 0.5, left(last + 1) - left(first) - 4, low + 7, "ck-group", 8), words(left(first) + 10, 17, HEADS[at], "ck-faint")]);
  shapes.push(path(`M${center(0)} ${track}H${center(stations.length - 1)}`, "ck-track"));
  stations.forEach((one, i) => {
    if (one.marked) shapes.push(box(left(i) + 4, track - 15, widths[i] - 8, low - track + 18, "ck-reached", 12));
    shapes.push(stop(center(i), track, i + 1, one), lined(center(i), track + 27, labels[i], voice(one), "middle"));
  });
  const at = Object.fromEntries(stations.map((one, i) => [one.id, center(i)]));
  const start = low + 12;
  const spans = laned(ways, at).map((way) => ({ ...way, lines: wrap(way.label, way.from - way.to - 6) }));
  const inner = start + 14;
  const outer = inner + 14 + 15 * Math.max(0, ...spans.filter((way) => !way.lane).map((way) => way.lines.length));
  let end = start;
  for (const way of spans) {
    const y = way.lane ? outer : inner;
    shapes.push(path(`M${way.from} ${start}V${y - 6}q0 6 -6 6H${way.to + 6}q-6 0 -6 -6V${start + 3}`, look(way)),
      path(`M${way.to - 4} ${start + 8}l4 -6l4 6`, look(way)), lined((way.from + way.to) / 2, y + 15, way.lines, voice(way, "ck-faint"), "middle"));
    end = Math.max(end, y + 15 * way.lines.length + 6);
  }
  return [end, shapes];
}

function down({ stations, ways }, W) {
  const [row, head, track] = [34, 26, 20]; // the room of a station and of the head of a group; where the track runs
  const edge = track + 26 + Math.max(...stations.map((one) => wide(one.label))); // where labels end
  const [shapes, at] = [[], {}];
  let y = 0;
  for (const group of grouped(stations)) {
    const rows = stations.slice(group.first, group.last + 1);
    shapes.push(box(0.5, y + 0.5, edge + 9.5, head + row * rows.length - 1, "ck-group", 8), words(track + 18, y + 17, HEADS[group.at], "ck-faint"));
    rows.forEach((one, i) => { at[one.id] = y + head + row * (i + 0.5) - 4; });
    y += head + row * rows.length + 8;
  }
  shapes.push(path(`M${track} ${at[stations[0].id]}V${at[stations.at(-1).id]}`, "ck-track"));
  stations.forEach((one, i) => {
    const place = at[one.id];
    if (one.marked) shapes.push(box(track - 14, place - 14, wide(one.label) + 44, 28, "ck-reached", 14));
    shapes.push(stop(track, place, i + 1, one), words(track + 18, place + 4.5, one.label, voice(one)));
  });
  const spans = laned(ways, at);
  const word = Math.max(0, ...spans.filter((way) => way.lane).flatMap((way) => way.label.split(" ")).map(wide));
  const lanes = [edge + 26, Math.min(edge + 26 + (W - edge - 26) * 0.58, W - word - 9)];
  for (const way of spans) {
    const x = lanes[way.lane];
    const lines = wrap(way.label, (way.lane ? W : lanes[1] - 5) - x - 7);
    shapes.push(path(`M${edge + 10} ${way.from}H${x - 6}q6 0 6 -6V${way.to + 6}q0 -6 -6 -6H${edge + 13}`, look(way)),
      path(`M${edge + 18} ${way.to - 4}l-6 4l6 4`, look(way)), lined(x + 7, (way.from + way.to) / 2 - 7.5 * lines.length + 12, lines, voice(way, "ck-faint")));
  }
  return [y - 6, shapes];
}
