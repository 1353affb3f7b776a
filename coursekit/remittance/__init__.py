"""What comes back for a claim: each line's charge, what is allowed, paid, left to the patient, or why nothing is.

The payer here has read the note: a line with a costing finding is not paid, and the finding that comes first in the
order of the headings decides. Left out: what the budget law takes off Medicare's own payment, and second insurers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date as Date
from decimal import Decimal, InvalidOperation
from typing import Any

from .. import fees, tables
from ..engine import findings
from ..facts import Visit
from ..fees import Locality, NoAmount, cents, exact
from ..model import Case, Claim, Finding, Line, Unreadable
from ..readings import nearest_visit
from .deadlines import Deadline, deadlines, last_day
from .denials import MEDICARE, Denial, denials, refusal

NONE = Decimal("0.00")
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
    """What the payer of a case answers to a claim. Raises `NoAmount` where an amount of the date is not known.

    `charges` are for one unit of a code. `deductible` is what the patient has still to meet. `sent` is the day on which
    the payer got the claim, `answered` the day on which the remittance arrived.
    """
    place = tables.known(locality, fees.localities(), "locality")
    given = {tables.known(code, tables.codes(), "code"): _money(value, code) for code, value in (charges or {}).items()}
    owed = {"deductible": _money(deductible, "the deductible")}
    visit, found, on = nearest_visit(case, claim), findings(case, claim), case.date
    if early := [day for day in (sent, answered) if day and day < on]:
        raise Unreadable(f"{tables.spoken(early[0])} is before the visit on {tables.spoken(on)}.")
    late = bool(sent) and sent > last_day(fees.amount("filing", on, visit.payer.id), on)
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
            worth = list(_worth(visit, line, fees.localities()[place], label == whole))
            lines.append(_paid(visit, label, line, charge, worth, owed))
    repay = any(line.next == "repay" for line in lines)
    due = deadlines(visit.payer.id, on, answered, repay)
    return Remittance(tuple(lines), tuple(due), tuple(_notes(visit, found)))


def _money(text: Decimal | float | str, what: str) -> Decimal:
    try:
        value = Decimal(str(text).strip().removeprefix("$"))
        if 0 <= value < 1_000_000 and value == cents(value):
            return cents(value)
    except InvalidOperation:
        pass
    raise Unreadable(f"“{str(text)[:20]}” is not an amount for {what}. Write dollars and cents: 45.50.")


def _charge(line: Line, given: Mapping[str, Decimal], on: Date) -> Decimal:
    """The charge as given, or by the course's invented fee table: a multiple of the national amount."""
    if line.code in given:
        return given[line.code] * line.units
    try:
        return cents(fees.unit_fee(line.code, on) * exact(fees.amount("charge", on))) * line.units
    except NoAmount as error:
        raise NoAmount(f"{error} Its charge has to be given: {line.code}=45.00 for one unit.") from None


def _denied(visit: Visit, label: str, line: Line, charge: Decimal, entry: Denial, found: Finding | None) -> PaidLine:
    reason = entry.reason if visit.payer.edits.startswith("ncci") else entry.elsewhere
    adjustment = Adjustment(entry.group, reason, charge, entry.says, entry.next, entry.source)
    owes = charge if entry.group == "PR" else NONE
    why = (found.rule, found.says) if found else ("", "")
    told = (entry.group, reason, entry.says, entry.next, *why)
    return PaidLine(label, str(line), charge, NONE, NONE, owes, *told, (adjustment,))


# What a paid line is worth -------------------------------------------------------------------------------------------


def _paid_in_full(visit: Visit, paying: Mapping[str, Line]) -> str:
    """The line with the one therapy unit that is not cut: the highest practice expense, in a tie the highest total."""
    year = visit.case.date.year
    values = {
        label: fees.relative_value(line.code, year)
        for label, line in paying.items()
        if fees.second_unit_cut(line.code, visit.payer.id, visit.case.date)
    }
    # A value without its parts ranks last, so that its fee after the cut is asked for, and refused by name.
    return max(values, key=lambda label: (values[label].practice_expense or NONE, values[label].total), default="")


def _worth(visit: Visit, line: Line, place: Locality, whole: bool) -> Iterator[tuple[str, Decimal]]:
    """The full fee of a line and what is left of it after each cut."""
    here = None if visit.payer.invented else place
    return fees.worth(line.code, line.units, visit.case.date, visit.payer.id, place=here, whole=whole)


def _paid(
    visit: Visit,
    label: str,
    line: Line,
    charge: Decimal,
    worth: list[tuple[str, Decimal]],
    owed: dict[str, Decimal],
) -> PaidLine:
    """A line that is paid. `owed` is what the patient still owes for the visit as a whole; the line takes its part."""
    taken, allowed = [], charge
    for name, fee in worth:
        # The lesser of charge and fee: a fee above the charge takes nothing off.
        taken.append((name, allowed - min(allowed, fee)))
        allowed = min(allowed, fee)
    share = fees.amount("patient share", visit.case.date, visit.payer.id)
    first = min(owed["deductible"], allowed)
    owed["deductible"] -= first
    if share.unit == "percent":
        second = "share", cents((allowed - first) * exact(share))
    else:
        second = "copayment", min(owed.setdefault("copayment", cents(exact(share))), allowed - first)
        owed["copayment"] -= second[1]
    patient = first + second[1]
    paid = allowed - patient
    if tables.assistant_modifiers() & set(line.modifiers):
        sent = fees.by_assistant(paid, visit.payer.id, visit.case.date)
        taken.append(("assistant", paid - sent))
        paid = sent
    cuts = [denials()[name].says for name, amount in taken[1:] if amount]
    adjustments = tuple(
        Adjustment(entry.group, entry.reason, amount, entry.says, entry.next, entry.source)
        for entry, amount in ((denials()[name], amount) for name, amount in [*taken, ("deductible", first), second])
        if amount
    )
    says = f"{visit.payer.name} allows ${allowed}, pays ${paid} and leaves ${patient} to the patient."
    told = ("", "", " ".join([says, *cuts]), "", "", "")
    return PaidLine(label, str(line), charge, allowed, paid, patient, *told, adjustments)


def _notes(visit: Visit, found: tuple[Finding, ...]) -> Iterator[str]:
    payer = visit.payer
    for code in (f.line for f in found if f.rule == UNBILLED):
        line = Line(code, visit.due[code])
        try:
            _, fee = next(_worth(visit, line, fees.localities()[fees.NATIONAL], True))
            worth = f", up to ${fee} of what {payer.name} allows"
        except NoAmount:
            worth = ""
        yield f"{line} was done and is not on the claim: money left on the table{worth}."
    if payer.id in MEDICARE:
        yield denials()["left out"].says
    elif payer.invented:
        yield f"{payer.name} is invented, and so are its fees, the patient's share and its deadlines."
