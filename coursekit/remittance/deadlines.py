"""Until when a claim may be filed, a decision appealed, and too much money sent back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta

from .. import tables
from ..model import Amount


@dataclass(frozen=True, slots=True)
class Deadline:
    """Something to be done `within` a time that runs from `starts`; `by` is its last day, where that start is known."""

    what: str
    within: str
    starts: str
    by: Date | None
    source: tuple[str, ...]


def last_day(limit: Amount, start: Date) -> Date:
    """The last day of a limit in days or years; a year from February 29 ends on February 28."""
    if limit.unit == "days":
        return start + timedelta(days=int(limit.value))
    year = start.year + int(limit.value)
    return start.replace(year=year, day=28) if (start.month, start.day) == (2, 29) else start.replace(year=year)


def _within(limit: Amount) -> str:
    return f"{limit.value:g} {limit.unit.removesuffix('s') if limit.value == 1 else limit.unit}"


def deadlines(payer: str, on: Date, answered: Date | None = None, repay: bool = False) -> Iterator[Deadline]:
    """Every deadline of a claim. Of the appeals only the first can have a day: the others wait for a decision."""
    if row := tables.amount_on("filing", payer, "", on):
        what, starts = "file the claim, also a corrected one", "the date of service"
        yield Deadline(what, _within(row), starts, last_day(row, on), row.source)
    starts, begins = "the day the remittance arrived", answered
    for kind, whose, what in tables.amounts():
        if (kind, whose) == ("appeal", payer) and (row := tables.amount_on(kind, payer, what, on)):
            yield Deadline(what, _within(row), starts, last_day(row, begins) if begins else None, row.source)
            starts, begins = "the day the decision before it arrived", None
    if repay and (row := tables.amount_on("repayment", payer, "", on)):
        yield Deadline("return what was overpaid", _within(row), "the day it is known", None, row.source)
