// Where something is written: title, place and edition, with a link where it is a safe one.

import { h, hidden } from "./elements.js";

function safeLink(source) {
  return /^https:\/\//.test(source.link || "")
    ? h("a", { href: source.link, target: "_blank", rel: "noopener noreferrer" }, source.title, hidden(" (opens a new tab)"))
    : source.title;
}

export const cited = (source) => [safeLink(source), ...[source.where, source.edition].filter(Boolean).map((word) => `, ${word}`)];
