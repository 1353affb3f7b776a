"""What every rule is made with: the mark that makes a function a rule, and words that several rules say."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date as Date

from .. import tables
from ..facts import Visit
from ..model import HEADINGS, Claim, Edit, Finding, Rule

Check = Callable[[Visit, Claim], Iterable[Finding]]

WHY = {
    "region": "in another region",
    "interval": "in separate time",
    "encounter": "at another encounter on the same date",
    "practitioner": "by another practitioner",
    "need": "for a need of its own",
}


def rule(
    source: str,
    *,
    heading: str,
    since: str = "",
    until: str = "",
    advice: bool = False,
    when: Callable[[Visit], object] | None = None,
) -> Callable[[Check], Rule]:
    """Make a rule of a function: where it is written, under which heading, on which dates and for which visits it speaks."""
    assert heading in HEADINGS, heading

    def make(check: Check) -> Rule:
        first, last = (Date.fromisoformat(day) if day else None for day in (since, until))
        return Rule(check, heading, source, first, last, advice, when)

    return make


def label_of(code: str) -> str:
    """A code with our own words for it."""
    return f"{code} ({tables.codes()[code].label})"


def pairs(visit: Visit, claim: Claim, indicator: str) -> tuple[tuple[Edit, frozenset[str]], ...]:
    """The edits among the codes billed that have this indicator, each with the grounds that open it."""
    return visit.pairs(claim.codes, indicator)


def opening(claim: Claim, code: str) -> frozenset[str]:
    """The modifiers on the lines of a code that can open a pair."""
    return claim.modifiers[code] & tables.opening_modifiers()
