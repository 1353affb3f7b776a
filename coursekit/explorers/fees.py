"""Explorer: what Medicare allows for units of a code, step by step, and what is not worked out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date as Date
from decimal import Decimal
from typing import Any

from .. import fees, reference, tables
from ..model import Unreadable
from ..remittance import denials
from .asked import STRONG, Result, Settings, code_options, group, number, pick, remark, result, said, whole, yes

PAYER = "medicare"
FIRST_YEAR = 2022
MOST_UNITS = 24
LIMITS = "mue-2026-04"

Row = tuple[str, ...]


def _factors() -> list[tuple[str, str]]:
    """The stretches of time with one conversion factor, the newest first: first day and name."""
    rows = [row for row in tables.amounts()["conversion factor", PAYER, ""] if row.since.year >= FIRST_YEAR]
    years = [row.since.year for row in rows]
    named = []
    for row in reversed(rows):
        span = f", {_day(row.since)} to {_day(row.until)}" if years.count(row.since.year) > 1 else ""
        named.append((row.since.isoformat(), f"{row.since.year}{span}"))
    return named


def _day(date: Date) -> str:
    return f"{date:%B} {date.day}"


def asks() -> list[dict[str, Any]]:
    """A code and a year, units, and how they were given."""
    codes = code_options(code for code, row in tables.codes().items() if not row.until)
    first = yes("whole", "The day's first therapy unit is among them")
    assistant = yes("assistant", "An assistant gave them (CQ or CO)")
    return [
        group("The line", pick("code", "Code", codes), whole("units", "Units")),
        group("When and how", pick("since", "Year", _factors()), first, assistant),
    ]


def answer_to(settings: Settings) -> Result:
    """The allowed amount from relative value to dollars."""
    code, on = reference.code(said(settings, "code")), tables.day(said(settings, "since"))
    units = number(settings, "units", f"units of {code}", 1, MOST_UNITS)
    first, assistant = bool(said(settings, "whole")), bool(said(settings, "assistant"))
    if tables.codes()[code].limit == 0:
        raise Unreadable(
            f"Medicare's daily limit for {code} is zero units: it is never paid by itself, so it has no fee."
        )
    if assistant and not _by_assistants(code):
        raise Unreadable(f"Medicare does not pay {code} to a therapist's assistant.")
    steps = dict(fees.worth(code, units, on, PAYER, whole=first))
    allowed = list(steps.values())[-1]
    cuts = [*list(steps)[1:], *["assistant"] * assistant]
    return result(
        f"Medicare allows ${allowed} for {code} x{units}.",
        rows=[*_value(code, on), *_units(code, units, on, steps, first), *_shared(allowed, on, assistant)],
        says=_told(code, units, on, cuts),
    )


def _by_assistants(code: str) -> bool:
    pays = tables.payers()[PAYER].pays
    return any(tables.earns(code, pays[who]) for who, row in tables.providers().items() if row.assists)


def _value(code: str, on: Date) -> Iterator[Row]:
    value, factor, one = fees.relative_value(code, on.year), _factor(on), fees.unit_fee(code, on)
    if value.practice_expense is None:
        yield "Relative value", f"{value.total}, in parts that are not known"
    else:
        yield (
            "Relative value",
            f"{value.work} work + {value.practice_expense} practice + {value.malpractice} malpractice = {value.total}",
        )
    yield "Times the conversion factor", f"{value.total} × ${factor} = ${one} for one unit"


def _factor(on: Date) -> Decimal:
    return fees.exact(fees.amount("conversion factor", on, PAYER))


def _units(code: str, units: int, on: Date, steps: dict[str, Decimal], first: bool) -> Iterator[Row]:
    if "second unit" in steps:
        value, kept = fees.relative_value(code, on.year), 1 - fees.exact(fees.second_unit_cut(code, PAYER, on))
        one, less = fees.unit_fee(code, on), fees.unit_fee(code, on, kept=kept)
        parts = f"{value.work} + {kept} × {value.practice_expense} + {value.malpractice}"
        yield "A further unit that day", f"({parts}) × ${_factor(on)} = ${less}"
        further = f"{units - first} × ${less}"
        yield "So for these units", f"{f'${one} + ' if first else ''}{further} = ${steps['second unit']}"
    elif units > 1:
        yield "Times the units", f"{units} × ${fees.unit_fee(code, on)} = ${steps['fee schedule']}"


def _shared(allowed: Decimal, on: Date, assistant: bool) -> Iterator[Row]:
    share = fees.amount("patient share", on, PAYER)
    patient = fees.cents(allowed * fees.exact(share))
    yield "Allowed", f"${allowed}", STRONG
    yield f"The patient's {share.value:g} percent of it", f"${patient}"
    part = allowed - patient
    yield "Medicare's part", f"${part}"
    if assistant:
        rate, sent = fees.amount("assistant rate", on, PAYER), fees.by_assistant(part, PAYER, on)
        yield f"An assistant's {rate.value:g} percent of that", f"{fees.exact(rate)} × ${part} = ${sent}", STRONG


def _told(code: str, units: int, on: Date, cuts: list[str]) -> Iterator[dict[str, Any]]:
    value, factor = fees.relative_value(code, on.year).source, fees.amount("conversion factor", on, PAYER).source[0]
    if value == factor:
        yield remark(f"The relative value, taken nationally, and the conversion factor of {on.year}.", value)
    else:
        yield remark(f"The relative value of {on.year}, taken nationally.", value)
        yield remark("The conversion factor, which makes dollars of it.", factor)
    for name in cuts:
        yield remark(denials()[name].says, denials()[name].source[0])
    most = tables.codes()[code].limit
    if most and units > most:
        yield remark(
            f"Medicare's limit for {code} is {most} unit{'s' * (most != 1)} a day; units above it are denied.", LIMITS
        )
    if fees.second_unit_cut(code, PAYER, on) is None:
        yield remark(f"Medicare does not cut further units for {code}: it is no therapy code.", "mppr-ngs")
    yield remark(f"{denials()['left out'].says} Nor are the year's deductible and what a locality adds or takes.")
