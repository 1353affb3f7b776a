"""What a service is worth: relative values, localities, and the amounts of a date.

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
from .model import Amount, Unreadable

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
def localities() -> dict[str, Locality]:
    """Every locality."""
    parts = ("work", "practice_expense", "malpractice")
    return {
        row["locality"]: Locality(row["locality"], row["name"], *(Decimal(row[part]) for part in parts), row["source"])
        for row in _rows("localities.csv")
    }


def amount(kind: str, on: Date, payer: str = "", of: str = "") -> Amount:
    """The amount of this kind that holds on a date. Raises `NoAmount` where there is none."""
    if row := tables.amount_on(kind, payer, of, on):
        return row
    rows = tables.amounts().get((kind, payer, of), ())
    known = " and ".join(f"{row.since or 'the start'} to {row.until or 'now'}" for row in rows) or "none at all"
    whose = f" of {tables.payers()[payer].name}" if payer else ""
    cap = tables.amount_on("daily maximum", payer, "97124", on)
    also = f" It allows at most ${cap.value:.2f} a day for massage." if cap else ""
    raise NoAmount(f"No {kind}{whose} is known for {tables.spoken(on)}. Known: {known}.{also} "
                   "Amounts are rows of coursekit/data/amounts.csv, each with its source.")  # fmt: skip


def exact(row: Amount) -> Decimal:
    """The value of an amount as it is written; a percent as a share of one."""
    return Decimal(str(row.value)) / (100 if row.unit == "percent" else 1)


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


def second_unit_cut(code: str, payer: str, on: Date) -> Amount | None:
    """The cut that a payer makes on second and later therapy units of a date; None where this code is not cut."""
    return tables.amount_on("second unit cut", payer, tables.codes()[code].family, on)


def worth(
    code: str,
    units: int,
    on: Date,
    payer: str,
    *,
    place: Locality | None = None,
    whole: bool = True,
) -> Iterator[tuple[str, Decimal]]:
    """What units of a code are worth to a payer: the full fee, then what each cut leaves, by the entry that explains it.

    `whole` says that one of these is the therapy unit of the date that is not cut. Raises `NoAmount`.
    """
    rate = exact(amount("rate", on, payer))
    full = cents(unit_fee(code, on, place) * rate)
    fee = full * units
    yield "fee schedule", fee
    cut = second_unit_cut(code, payer, on)
    if cut and units > whole:
        less = cents(unit_fee(code, on, place, 1 - exact(cut)) * rate)
        fee = full * whole + less * (units - whole)
        yield "second unit", fee


def by_assistant(part: Decimal, payer: str, on: Date) -> Decimal:
    """What a payer sends of its own part where an assistant gave the service: the patient's share is not cut."""
    rate = tables.amount_on("assistant rate", payer, "", on)
    return cents(part * exact(rate)) if rate else part


def cents(value: Decimal) -> Decimal:
    """An amount of money, halves of a cent rounded up."""
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def unit_fee(code: str, on: Date, place: Locality | None = None, kept: Decimal = Decimal(1)) -> Decimal:
    """Medicare's fee for one unit: each part times the place's factor, summed, times the date's conversion factor.

    `kept` is the share of the practice expense that is paid. Without the parts only the full national fee is known.
    """
    place = place or localities()[NATIONAL]
    factor = exact(amount("conversion factor", on, "medicare"))
    row = relative_value(code, on.year)
    if row.practice_expense is not None:
        units = row.work * place.work + row.practice_expense * place.practice_expense * kept
        return cents((units + row.malpractice * place.malpractice) * factor)
    if kept != 1 or place.id != NATIONAL:
        raise NoAmount(f"Of {code} the course has only the total value in {on.year}, not its parts: neither the cut on "
                       "further units nor a locality can be worked out.")  # fmt: skip
    return cents(row.total * factor)
