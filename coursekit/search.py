"""What the course knows about some words: codes, techniques, modifiers, regions, rules and sources, best first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from . import tables
from .model import Unreadable
from .reference import source
from .rules import RULES

MOST_FOUND = 20

IDLE = frozenset(["a", "an", "and", "for", "in", "is", "it", "of", "on", "or", "the", "to", "what", "with"])


@dataclass(frozen=True, slots=True)
class _Entry:
    kind: str
    name: str
    phrases: tuple[str, ...]
    codes: tuple[str, ...]
    says: str
    source: str
    contested: bool = False


def _entries() -> Iterator[_Entry]:
    known = tables.codes()
    for row in known.values():
        counted = {"timed": "15-minute units", "untimed": "once a day", "region": "by regions"}[row.timing]
        over = f"; valid until {tables.spoken(row.until)}" if row.until else ""
        yield _Entry(
            "code", row.code, (row.code, row.label), (row.code,), f"{row.label} ({counted}{over})", row.source[0]
        )
    for row in tables.techniques().values():
        codes = tuple(code for code in row.codes if code in known)
        if row.contested:
            says = "The field disagrees. " + " ".join(row.positions)
        elif len(codes) > 1:
            says = f"Reported with one of {', '.join(codes)}."
        else:
            says = f"Reported with {codes[0]}, {known[codes[0]].label}." if codes else "Earns no code of its own."
        yield _Entry("technique", row.name, (row.name, *row.also), codes, says, row.source[0], row.contested)
    for row in tables.modifiers().values():
        yield _Entry("modifier", row.modifier, (row.modifier, row.label), (), row.label, row.source[0])
    for row in tables.regions().values():
        says = "A spinal region." if row.spinal else f"Part of: {row.part_of}." if row.part_of else "Outside the spine."
        yield _Entry("region", row.name, (row.name, *row.also), (), says, row.source[0])
    for rule in RULES:
        yield _Entry("rule", rule.id, (rule.id.replace("_", " "), rule.id), (), rule.says, rule.source)
    for row in tables.sources().values():
        says = f"{row.title}, {row.where} ({row.edition})"
        yield _Entry("source", row.id, (row.id, row.id.replace("-", " "), row.title), (), says, row.id)


def fold(text: str) -> tuple[str, ...]:
    """Words as they are compared: without case, plural, -ing, and the differences of US and UK spelling.

    What comes out is not a word; both sides are folded in the same way, and that is all that counts.
    """
    return tuple(map(_stem, re.findall(r"[a-z0-9]+", text.lower().replace("'", "").replace("’", ""))))


def _stem(word: str) -> str:
    if any(letter.isdigit() for letter in word) or len(word) < 4:
        return word
    for uk, us in (("z", "s"), ("our", "or"), ("ae", "e"), ("oe", "e"), ("ll", "l"), ("mme", "m"), ("ogue", "og")):
        word = word.replace(uk, us)
    word = re.sub(r"(?<!s)s$", "", word)
    word = re.sub(r"(?<=\w{4})ing$", "", word)
    word = re.sub(r"re$", "er", word)
    return re.sub(r"(ie|y)$", "i", word).removesuffix("e")


def _score(asked: tuple[str, ...], entry: _Entry) -> float:
    best, wanted = 0.0, set(asked)
    # A code one digit off is another code, and not a slip in spelling.
    numbered = any(word.isdigit() for word in asked)
    for n, phrase in enumerate(entry.phrases):
        words, own = fold(phrase), 5.0 if n else 0.0
        has = set(words)
        if words == asked:
            best = max(best, 100 - own)
        elif wanted <= has:
            best = max(best, 80 - own - 2 * (len(has) - len(wanted)))
        elif has and has <= wanted:
            best = max(best, 70 - own + len(has))
        elif not numbered and (near := SequenceMatcher(None, " ".join(asked), " ".join(words)).ratio()) >= 0.8:
            best = max(best, 60 * near - own)
        elif shared := len(wanted & (has - IDLE)):
            best = max(best, 30 * shared / len(wanted))
    if wanted & {code.lower() for code in entry.codes}:
        best = max(best, 45.0)
    if wanted <= set(fold(entry.says)):
        best = max(best, 40.0)
    # Titles of sources hold every word of the field: they come after what the words mean.
    return best if entry.kind != "source" or best > 90 else best / 2


def lookup(asked: str) -> list[dict[str, Any]]:
    """What the course knows about some words, best first. Forgiving: case, plural, spelling, a letter too few."""
    folded = fold(asked)
    useful = tuple(word for word in folded if word not in IDLE) or folded
    if not useful:
        raise Unreadable(f"“{asked[:60]}” holds nothing to look up. Give a technique, code, modifier, region or rule.")
    scored = [(_score(useful, entry), entry) for entry in _entries()]
    # The sort is stable: what scores alike stays in the order of the kinds.
    ranked = sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: -pair[0])[:MOST_FOUND]
    return [
        {
            "kind": entry.kind,
            "name": entry.name,
            "codes": list(entry.codes),
            "contested": entry.contested,
            "says": entry.says,
            "source": source(entry.source),
        }
        for _, entry in ranked
    ]
