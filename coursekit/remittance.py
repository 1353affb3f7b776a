"""What comes back for a claim: each line's charge, what is allowed, paid, left to the patient, or why nothing is.

The payer here has read the note: a line with a costing finding is not paid, and the finding that comes first in the
order of the headings decides. Left out: what the budget law takes off Medicare's own payment, and second insurers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from . import fees, tables
from .denials import Denial, denials, refusal
from .engine import findings
from .facts import Visit, nearest_visit
from .fees import Locality, NoAmount, cents
from .model import Case, Claim, Finding, Line, Unreadable

NONE = Decimal(0)
UNBILLED = "due_is_billed"


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Money of the charge that the payer does not send: whose it is and why, in our own words, and what to do."""

    group: str
    reason: str
    amount: Decimal
    says: str
    next: str
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PaidLine:
    """A line of the remittance. `group`, `reason`, `next`, `rule` and `because` are "" where it is paid.

    The charge is what is paid and all adjustments together. `because` is what the deciding finding says.
    """

    line: str
    billed: str
    charge: Decimal
    allowed: Decimal
    paid: Decimal
    patient: Decimal
    group: str
    reason: str
    says: str
    next: str
    rule: str
    because: str
    adjustments: tuple[Adjustment, ...]


@dataclass(frozen=True, slots=True)
class Deadline:
    """Something to be done `within` a time that runs from `starts`; `by` is its last day, where that start is known."""

    what: str
    within: str
    starts: str
    by: Date | None
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Remittance:
    """What comes back for a claim. `notes` tell what no line shows, such as work that was never billed."""

    lines: tuple[PaidLine, ...]
    deadlines: tuple[Deadline, ...]
    notes: tuple[str, ...]

    def total(self, part: str) -> Decimal:
        """The charge, allowed, paid or patient amount of all lines."""
        return sum((getattr(line, part) for line in self.lines), NONE)

    @property
    def paid(self) -> Decimal:
        """What the payer sends."""
        return self.total("paid")

    def shown(self) -> dict[str, Any]:
        """The remittance as plain data for programs."""
        totals = {part: self.total(part) for part in ("charge", "allowed", "paid", "patient")}
        return _plain(asdict(self) | totals)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(below) for key, below in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(below) for below in value]
    return float(value) if isinstance(value, Decimal) else value.isoformat() if isinstance(value, Date) else value


def remit(
    case: Case,
    claim: Claim,
    *,
    locality: str = fees.NATIONAL,
    charges: Mapping[str, Decimal | float | str] | None = None,
    deductible: Decimal | float | str = 0,
    sent: Date | None = None,
    answered: Date | None = None,
) -> Remittance:
    """What the payer of a case answers to a claim. Raises `NoAmount` where a fee of the date is not known.

    `charges` are for one unit of a code. `deductible` is what the patient has still to meet. `sent` is the day on which
    the payer got the claim, `answered` the day on which the remittance arrived. Raises `Unreadable` for other words.
    """
    place = fees.localities()[tables.known(locality, fees.localities(), "locality")]
    given = {tables.known(code, tables.codes(), "code"): _money(value, code) for code, value in (charges or {}).items()}
    left = _money(deductible, "the deductible")
    visit, found, on = nearest_visit(case, claim), findings(case, claim), case.date
    if early := [day for day in (sent, answered) if day and day < on]:
        raise Unreadable(f"{tables.spoken(early[0])} is before the visit on {tables.spoken(on)}.")
    late = bool(sent) and sent > _last_day(fees.amount("filing", on, case.payer), on)
    refused = {
        label: reason
        for label, line in claim.labelled.items()
        if (reason := (denials()["late"], None) if late else refusal(visit, found, label, line))
    }
    whole = _paid_in_full(visit, {label: line for label, line in claim.labelled.items() if label not in refused})
    lines = []
    for label, line in claim.labelled.items():
        charge = _charge(line, given, on)
        if label in refused:
            lines.append(_denied(visit, label, line, charge, *refused[label]))
        else:
            lines.append(_paid(visit, label, line, charge, left, list(_worth(visit, line, place, label == whole))))
            left -= sum(a.amount for a in lines[-1].adjustments if (a.group, a.reason) == ("PR", "1"))
    repay = any(line.next == "repay" for line in lines)
    return Remittance(tuple(lines), tuple(_deadlines(visit, answered, repay)), tuple(_notes(visit, found, place)))


def _money(text: Decimal | float | str, what: str) -> Decimal:
    try:
        value = Decimal(str(text).strip().removeprefix("$"))
        if 0 <= value < 1_000_000 and value == cents(value):
            return cents(value)
    except InvalidOperation:
        pass
    raise Unreadable(f"“{str(text)[:20]}” is not an amount for {what}. Write dollars and cents: 45.50.")


# What comes of a line -------------------------------------------------------------------------------------------------


def _denied(visit: Visit, label: str, line: Line, charge: Decimal, entry: Denial, found: Finding | None) -> PaidLine:
    reason = entry.reason if visit.payer.edits == "ncci" else entry.elsewhere
    whole = Adjustment(entry.group, reason, charge, entry.says, entry.next, entry.source)
    rule, because = (found.rule, found.says) if found else ("", "")
    owes = charge if entry.group == "PR" else NONE
    return PaidLine(
        label, str(line), charge, NONE, NONE, owes, entry.group, reason, entry.says, entry.next, rule, because, (whole,)
    )


def _charge(line: Line, given: Mapping[str, Decimal], on: Date) -> Decimal:
    """The charge as given, or by the course's invented fee table: a multiple of the national amount."""
    if line.code in given:
        return given[line.code] * line.units
    try:
        return cents(fees.unit_fee(line.code, on) * fees.amount("charge", on).value / 100) * line.units
    except NoAmount as error:
        raise NoAmount(f"{error} Its charge has to be given: {line.code}=45.00 for one unit.") from None


def _cut(visit: Visit, line: Line) -> fees.Amount | None:
    """The cut that this payer makes on second and later therapy units of the date, if the line is one of them."""
    return fees.find("second unit cut", visit.case.date, visit.payer.id, tables.codes()[line.code].family)


def _paid_in_full(visit: Visit, paying: Mapping[str, Line]) -> str:
    """The line with the one therapy unit that is not cut: the highest practice expense, in a tie the highest total."""
    values = {
        label: fees.relative_value(line.code, visit.case.date.year)
        for label, line in paying.items()
        if _cut(visit, line)
    }
    # A value without its parts ranks last, so that its fee after the cut is asked for, and refused by name.
    return max(values, key=lambda label: (values[label].practice_expense or NONE, values[label].total), default="")


def _worth(visit: Visit, line: Line, place: Locality, whole: bool) -> Iterator[tuple[str, Decimal]]:
    """The full fee of a line and what is left of it after each cut, each under the entry that explains it."""
    on, payer = visit.case.date, visit.payer
    if payer.invented:
        rate = fees.amount("plan rate", on, payer.id).value
        yield "fee schedule", cents(fees.unit_fee(line.code, on) * rate / 100) * line.units
        return
    full = fees.unit_fee(line.code, on, place)
    fee = full * line.units
    yield "fee schedule", fee
    cut = _cut(visit, line)
    if cut and line.units > whole:
        less = fees.unit_fee(line.code, on, place, 1 - cut.value / 100)
        fee = full * whole + less * (line.units - whole)
        yield "second unit", fee
    rate = fees.find("assistant rate", on, payer.id)
    if rate and tables.assistant_modifiers() & set(line.modifiers):
        yield "assistant", cents(fee * rate.value / 100)


def _paid(
    visit: Visit, label: str, line: Line, charge: Decimal, left: Decimal, worth: list[tuple[str, Decimal]]
) -> PaidLine:
    taken, allowed = [], charge
    for name, fee in worth:
        # The lesser of charge and fee: a fee above the charge takes nothing off.
        taken.append((name, allowed - min(allowed, fee)))
        allowed = min(allowed, fee)
    deductible = min(left, allowed)
    percent = fees.amount("patient share", visit.case.date, visit.payer.id).value
    share = cents((allowed - deductible) * percent / 100)
    paid = allowed - deductible - share
    taken += [("deductible", deductible), ("share", share)]
    adjustments = tuple(
        Adjustment(entry.group, entry.reason, amount, entry.says, entry.next, entry.source)
        for entry, amount in ((denials()[name], amount) for name, amount in taken)
        if amount
    )
    says = f"{visit.payer.name} allows ${allowed}, pays ${paid} and leaves ${deductible + share} to the patient."
    return PaidLine(label, str(line), charge, allowed, paid, deductible + share, "", "", says, "", "", "", adjustments)


# What else there is to know ------------------------------------------------------------------------------------------


def _last_day(limit: fees.Amount, start: Date) -> Date:
    if limit.unit == "days":
        return start + timedelta(days=int(limit.value))
    year = start.year + int(limit.value)
    # What began on February 29 ends on February 28.
    return start.replace(year=year, day=28) if (start.month, start.day) == (2, 29) else start.replace(year=year)


def _deadlines(visit: Visit, answered: Date | None, repay: bool) -> Iterator[Deadline]:
    on, payer = visit.case.date, visit.payer.id
    limit = fees.amount("filing", on, payer)
    within = f"{limit.value} {limit.unit if limit.value != 1 else limit.unit.removesuffix('s')}"
    yield Deadline(
        "file the claim, corrected or not", within, "the date of service", _last_day(limit, on), limit.source
    )
    starts, begins = "the day the remittance arrived", answered
    for (kind, whose, what), rows in fees.amounts().items():
        if (kind, whose) == ("appeal", payer) and (row := next((row for row in rows if row.holds(on)), None)):
            yield Deadline(what, f"{row.value} days", starts, _last_day(row, begins) if begins else None, row.source)
            starts, begins = "the day the decision before it arrived", None
    if repay and (row := fees.find("repayment", on, payer)):
        yield Deadline(
            "report and return what was overpaid", f"{row.value} days", "the day it is known", None, row.source
        )


def _notes(visit: Visit, found: tuple[Finding, ...], place: Locality) -> Iterator[str]:
    on, payer = visit.case.date, visit.payer
    for code in (f.line for f in found if f.rule == UNBILLED):
        line = Line(code, visit.due[code])
        try:
            worth = f", up to ${next(_worth(visit, line, place, True))[1]} of what {payer.name} allows"
        except NoAmount:
            worth = ""
        yield f"{line} was done and is not on the claim: money left on the table{worth}."
    if payer.invented:
        yield f"{payer.name} is invented, and so are its fee, its patient's share and its deadlines."
    else:
        yield denials()["left out"].says
