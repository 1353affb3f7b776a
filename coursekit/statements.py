"""What people publish about these codes, and whether it is true: judged statements, found by their words."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from html import escape
from itertools import pairwise

from . import tables
from .book import cited
from .model import Statement, Unreadable
from .search import IDLE, fold

MOST_FOUND = 3

VERDICTS: Mapping[str, str] = {"true": "True.", "false": "False.", "depends": "It depends."}

# What people put around a statement when they ask about it.
_AROUND = IDLE | set(
    fold("are be can did do does heard how i my not read really said says than that they this true we when why you")
)

_ID = re.compile(r"[cC]\d{3}")


def _terms(text: str) -> frozenset[str]:
    """The telling words of a text, and each two that are neighbors: a massage therapist is more than the two words."""
    words = [word for word in fold(text) if word not in _AROUND]
    return frozenset([*words, *map(" ".join, pairwise(words))])


@cache
def _held() -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """The terms of each statement, and those of its truth."""
    return {id: (_terms(row.says), _terms(row.truth)) for id, row in tables.published_statements().items()}


@cache
def _weights() -> dict[str, float]:
    """How much each term tells: the fewer statements hold it, the more; codes and modifiers tell most."""
    every = [says | truth for says, truth in _held().values()]
    return {
        term: math.log(1 + len(every) / sum(term in held for held in every)) * (2.5 if term.isdigit() else 1)
        for term in frozenset().union(*every)
    }


def _meant(term: str) -> dict[str, float]:
    """The terms of the statements that one may mean, and how surely: itself, other endings, else a slip in spelling."""
    known = _weights()
    same = {term: 1.0} if term in known else {}
    # A code one digit off is another code.
    if " " in term or any(letter.isdigit() for letter in term) or len(term) < 3:
        return same
    words = [other for other in known if " " not in other]
    # A rare ending tells no more than the word that was asked for.
    most = known.get(term, math.inf)
    endings = {word: 0.8 * min(1, most / known[word]) for word in words if _same_but_for_an_ending(term, word)} | same
    return endings or dict.fromkeys(get_close_matches(term, words, n=2, cutoff=0.75), 0.6)


def _same_but_for_an_ending(word: str, other: str) -> bool:
    short, long = sorted((word, other), key=len)
    return len(short) >= 3 and long.startswith(short) and len(long) - len(short) <= max(2, len(short) - 3)


def find(asked: str, most: int = MOST_FOUND) -> list[Statement]:
    """The statements nearest to some words, best first; an id (C040) finds its own. Empty where no word is known."""
    every = tables.published_statements()
    if _ID.fullmatch(asked.strip()):
        return [every[id] for id in [asked.strip().upper()] if id in every]
    terms = [meant for term in sorted(_terms(asked)) if (meant := _meant(term))]
    scored = {id: _score(terms, says, truth) for id, (says, truth) in _held().items()}
    best = max(scored.values())
    # The sort is stable: what scores alike stays in the order of the ids.
    ranked = sorted((id for id, score in scored.items() if score > 0 and score >= best / 2), key=lambda id: -scored[id])
    return [every[id] for id in ranked[:most]]


def _score(terms: Iterable[Mapping[str, float]], says: frozenset[str], truth: frozenset[str]) -> float:
    weights, total, held = _weights(), 0.0, set()
    for meant in terms:
        total += max(
            weights[term] * sure * (1.0 if term in says else 0.5 if term in truth else 0.0)
            for term, sure in meant.items()
        )
        held |= meant.keys() & says
    # Of two statements that hold the same terms, the shorter one is nearer.
    return total * (0.7 + 0.3 * len(held) / len(says))


@dataclass(frozen=True, slots=True)
class Judged:
    """The statements nearest to what was asked, each with its verdict, the truth and where it is written."""

    asked: str
    found: tuple[Statement, ...] = field(init=False)

    def __post_init__(self) -> None:
        found = tuple(find(self.asked))
        if not found:
            raise Unreadable(f"No statement of the course is near “{self.asked[:60]}”. Name a code, a modifier or a "
                             "word from the sentence that you read; lookup knows codes and techniques.")  # fmt: skip
        object.__setattr__(self, "found", found)

    @property
    def _preface(self) -> str:
        which = "The nearest statement" if len(self.found) == 1 else "The nearest statements, best first"
        return f"{which}. A verdict holds for the statement as it stands here: compare it with what you read."

    def __repr__(self) -> str:
        lines = [self._preface]
        for row in self.found:
            lines += [
                "",
                f"{row.id}: “{row.says}”",
                f"  {VERDICTS[row.verdict].upper()} {row.truth}",
                *(f"    {cited(id)}" for id in row.source),
            ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        parts = [f"<p>{escape(self._preface)}</p>"]
        for row in self.found:
            where = "<br>".join(escape(cited(id)) for id in row.source)
            parts.append(
                f"<blockquote>“{escape(row.says)}” <small>({escape(row.id)})</small></blockquote>"
                f"<p><b>{VERDICTS[row.verdict]}</b> {escape(row.truth)}<br><small>{where}</small></p>"
            )
        return f'<div class="coursekit-statements">{"".join(parts)}</div>'
