"""The money tables, read once from `data/`: relative values, dated amounts, and localities.

A year, code or plan without a row is an error and never a guess.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date as Date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from . import tables
from .model import Unreadable

NATIONAL = "national"


class NoAmount(Unreadable):
    """An amount that no table of the course holds: which one, what is known, and what to do."""


@dataclass(frozen=True, slots=True)
class RelativeValue:
    """What a code is worth in a year, outside facilities. The parts are None where only the total is known."""

    code: str
    year: int
    work: Decimal
    practice_expense: Decimal | None
    malpractice: Decimal | None
    total: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class Amount:
    """A value with its dates: in dollars, percent, days or years, as `unit` says."""

    kind: str
    payer: str
    of: str
    since: Date | None
    until: Date | None
    value: Decimal
    unit: str
    source: tuple[str, ...]

    def holds(self, on: Date) -> bool:
        """Whether the row is in force on a date; without a first or last date it has no known end there."""
        return (not self.since or self.since <= on) and (not self.until or on <= self.until)


@dataclass(frozen=True, slots=True)
class Locality:
    """How costs of a place compare with the nation's, for each part of a relative value."""

    id: str
    name: str
    work: Decimal
    practice_expense: Decimal
    malpractice: Decimal
    source: str


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (tables.DATA / name).open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines, strict=True)


def _date(text: str) -> Date | None:
    return Date.fromisoformat(text) if text else None


@cache
def relative_values() -> dict[tuple[str, int], RelativeValue]:
    """Every relative value by code and year."""
    table = {}
    for row in _rows("relative_values.csv"):
        work, practice, malpractice, total = (
            Decimal(row[name]) if row[name] else None for name in ("work", "practice_expense", "malpractice", "total")
        )
        key = row["code"], int(row["year"])
        table[key] = RelativeValue(*key, work, practice, malpractice, total, row["source"])
    return table


@cache
def amounts() -> dict[tuple[str, str, str], tuple[Amount, ...]]:
    """Every dated amount by kind, payer, and what it is an amount of; in the order of the file."""
    table: dict[tuple[str, str, str], tuple[Amount, ...]] = {}
    for row in _rows("amounts.csv"):
        key = row["kind"], row["payer"], row["of"]
        since, until = _date(row["since"]), _date(row["until"])
        amount = Amount(*key, since, until, Decimal(row["value"]), row["unit"], tuple(row["source"].split()))
        table[key] = (*table.get(key, ()), amount)
    return table


@cache
def localities() -> dict[str, Locality]:
    """Every locality."""
    parts = ("work", "practice_expense", "malpractice")
    return {
        row["locality"]: Locality(row["locality"], row["name"], *(Decimal(row[part]) for part in parts), row["source"])
        for row in _rows("localities.csv")
    }


def find(kind: str, on: Date, payer: str = "", of: str = "") -> Amount | None:
    """The amount of this kind in force on a date, or None."""
    return next((row for row in amounts().get((kind, payer, of), ()) if row.holds(on)), None)


def amount(kind: str, on: Date, payer: str = "", of: str = "") -> Amount:
    """The amount of this kind in force on a date. Raises `NoAmount`: what is missing is never guessed."""
    if row := find(kind, on, payer, of):
        return row
    known = amounts().get((kind, payer, of), ())
    what = " of ".join(word for word in (f"“{kind}”", of, payer and tables.payers()[payer].name) if word)
    spans = " and ".join(f"{row.since or 'the start'} to {row.until or 'now'}" for row in known) or "none at all"
    raise NoAmount(f"No amount {what} is known for {tables.spoken(on)}. Known: {spans}. "
                   "Amounts are rows of coursekit/data/amounts.csv, each with a source.")  # fmt: skip


def relative_value(code: str, year: int) -> RelativeValue:
    """What a code is worth in a year. Raises `NoAmount` where there is no national value."""
    row = relative_values().get((code, year))
    if row and row.total:
        return row
    years = sorted({known for _, known in relative_values()})
    if year not in years:
        raise NoAmount(f"No relative values are known for {year}; the course has {years[0]} to {years[-1]}. "
                       "They are rows of coursekit/data/relative_values.csv.")  # fmt: skip
    raise NoAmount(f"{code} has no national value in {year}, so its fee is not known here: where it is paid at all, "
                   "a payer prices it case by case.")  # fmt: skip


def cents(value: Decimal) -> Decimal:
    """An amount of money, halves of a cent rounded up."""
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def unit_fee(code: str, on: Date, place: Locality | None = None, kept: Decimal = Decimal(1)) -> Decimal:
    """Medicare's fee for one unit: each part times the place's factor, summed, times the date's conversion factor.

    `kept` is the share of the practice expense that is paid. Without the parts only the full national fee is known.
    """
    place = place or localities()[NATIONAL]
    factor = amount("conversion factor", on, "medicare").value
    row = relative_value(code, on.year)
    if row.practice_expense is not None:
        units = row.work * place.work + row.practice_expense * place.practice_expense * kept
        return cents((units + row.malpractice * place.malpractice) * factor)
    if kept != 1 or place.id != NATIONAL:
        raise NoAmount(f"Of {code} the course has only the total value in {on.year}, not its parts: neither the cut on "
                       "further units nor a locality can be worked out.")  # fmt: skip
    return cents(row.total * factor)
