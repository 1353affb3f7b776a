"""Grading of the keyed forms: what cannot be derived from a case has a key, written by the author.

An answer is read first; what cannot be read is refused and not graded. Each wrong or missed entry becomes a finding
with the author's own words about it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from .model import PARTS, Exercise, Finding, Grade, Key, Solution, Told, Unreadable
from .reading import nearest
from .tables import joined

_NO_PARTS: Mapping[str, None] = dict.fromkeys(PARTS)


def marked(answer: str, lines: list[tuple[str, bool]], wrong: list[Finding], score: float | None = None) -> Grade:
    """A grade from marks: `lines` stand or not, `wrong` says why not; the score is their share unless given."""
    if score is None:
        score = sum(stands for _, stands in lines) / len(lines) if lines else 1.0
    # Solved and a full score are the same thing, whatever rounding says.
    score = 1.0 if not wrong else min(max(score, 0.0), 0.999)
    return Grade(answer, tuple(lines), tuple(wrong), score, _NO_PARTS)


@lru_cache(maxsize=8192)
def _told(key: Key, id: str) -> Finding:
    told = key.told[id]
    return _finding(id, told)


def _finding(line: str, told: Told) -> Finding:
    return Finding(line, told.says, source=told.source, misconception=told.misconception)


def _words(answer: str, known: Iterable[str], what: str) -> list[str]:
    words = answer.split()
    for word in words:
        if word not in known:
            raise Unreadable(f"“{word[:40]}” is not one of the {what}.{nearest(word, known)}")
    if len(set(words)) < len(words):
        raise Unreadable(f"One of the {what} is named twice.")
    return words


def _grade_choose(exercise: Exercise, solution: Solution, answer: str) -> Grade:
    key = solution.keys["choose"]
    words = _words(answer, exercise.forms["choose"]["options"], "options")
    if len(words) != 1:
        raise Unreadable("Pick one option.")
    right = words[0] == key.right
    return marked(answer, [(words[0], right)], [] if right else [_told(key, words[0])])


def _grade_select(exercise: Exercise, solution: Solution, answer: str) -> Grade:
    key, options = solution.keys["select"], exercise.forms["select"]["options"]
    picked = set() if answer.strip() == "none" else set(_words(answer, options, "options"))
    lines = [(id, (id in picked) == (id in key.right)) for id in options]
    wrong = [_told(key, id) for id, stands in lines if not stands]
    others = len(options) - len(key.right)
    score = len(picked & key.right) / len(key.right) - len(picked - key.right) / others
    return marked(answer, lines, wrong, score)


def _grade_sort(exercise: Exercise, solution: Solution, answer: str) -> Grade:
    key, ask = solution.keys["sort"], exercise.forms["sort"]
    placed: dict[str, str] = {}
    for piece in answer.split(","):
        card, _, bin = piece.strip().partition("=")
        card, bin = card.rstrip(), bin.lstrip()
        if card not in ask["cards"] or bin not in ask["bins"]:
            hint = nearest(card, ask["cards"]) if card not in ask["cards"] else nearest(bin, ask["bins"])
            raise Unreadable(f"“{piece.strip()[:60]}” does not put a card into a bin. Write card=bin.{hint}")
        if card in placed:
            raise Unreadable(f"The card {card} is placed twice.")
        placed[card] = bin
    if still := [card for card in ask["cards"] if card not in placed]:
        raise Unreadable(f"Place every card: {joined(still)} still open.")
    lines = [(card, placed[card] == key.right[card]) for card in ask["cards"]]
    return marked(answer, lines, [_told(key, card) for card, stands in lines if not stands])


def _grade_order(exercise: Exercise, solution: Solution, answer: str) -> Grade:
    key, steps = solution.keys["order"], exercise.forms["order"]["steps"]
    words = _words(answer, steps, "steps")
    if len(words) < len(steps):
        raise Unreadable(f"Name every step: {joined([s for s in steps if s not in words])} still open.")
    before = dict(zip(key.right[1:], key.right, strict=False))
    lines = [(step, before.get(step) == (words[n - 1] if n else None)) for n, step in enumerate(words)]
    pairs = set(zip(key.right, key.right[1:], strict=False))
    score = sum(pair in pairs for pair in zip(words, words[1:], strict=False)) / len(pairs)
    return marked(answer, lines, [_told(key, step) for step, stands in lines if not stands], score)


_NUMBER = re.compile(r"[-+]?\d{1,12}(\.\d{1,6})?")


def read_number(text: str) -> float:
    """Read a plain number; commas between thousands and a dollar sign are forgiven."""
    plain = text.strip().replace(",", "").removeprefix("$")
    if not _NUMBER.fullmatch(plain):
        raise Unreadable(f"“{text.strip()[:30]}” is not a number. Write digits, with a point for decimals: 12.5.")
    return float(plain)


def _grade_number(exercise: Exercise, solution: Solution, answer: str) -> Grade:
    key, value = solution.keys["number"], read_number(answer)
    if abs(value - key.right) <= key.tolerance + 1e-9:
        return marked(answer, [("number", True)], [])
    for likely, told in key.told.items():
        if likely != "right" and abs(value - float(likely)) < 1e-9:
            return marked(answer, [("number", False)], [_finding("number", told)])
    return marked(
        answer, [("number", False)], [Finding("number", "Read the question once more, and what it counts in.")]
    )


KEYED: Mapping[str, Callable[[Exercise, Solution, str], Grade]] = {
    "choose": _grade_choose,
    "select": _grade_select,
    "sort": _grade_sort,
    "order": _grade_order,
    "number": _grade_number,
}
