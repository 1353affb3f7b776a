"""Why a line is not paid: from a finding to the group, the reason, our own words, who owes, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from .. import tables
from ..facts import Visit
from ..model import HEADINGS, Finding, Line
from ..reading import read

GROUPS = ("CO", "PR", "OA")
NEXT = ("correct and resend", "appeal", "write off", "bill the patient", "repay", "ask the provider")
NOTICES = frozenset({"GA", "GX", "GY", "GZ"})
MEDICARE = ("medicare", "medicare_hospital")


@dataclass(frozen=True, slots=True)
class Denial:
    """What a remittance says about money that is not paid: group, reason, our own words, and what to do next."""

    id: str
    group: str
    reason: str
    elsewhere: str
    says: str
    next: str
    source: tuple[str, ...]


@cache
def denials() -> dict[str, Denial]:
    """Every entry of the table of denials."""
    table = {}
    for id, node in read(tables.DATA / "denials.yaml").entries.items():
        row = node.fields("group reason says next source", "elsewhere")
        group, next = row["group"].one_of(GROUPS, "group"), row["next"].one_of(NEXT, "next step")
        reason = row["reason"].text
        elsewhere = row["elsewhere"].text if "elsewhere" in row else reason
        table[id] = Denial(id, group, reason, elsewhere, row["says"].text.strip(), next, row["source"].texts)
    return table


def refusal(visit: Visit, found: tuple[Finding, ...], label: str, line: Line) -> tuple[Denial, Finding | None] | None:
    """What keeps a line from being paid, and the finding behind it; None where it is paid."""
    table = denials()
    against = [f for f in found if f.line in (label, "") and (not f.advice or f.rule in table)]
    first = min(against, key=lambda f: HEADINGS.index(f.heading), default=None)
    entry = _entry(visit, first, line) if first else None
    notice = _notice(visit, first, entry, line) if visit.payer.id in MEDICARE else ""
    return (table[notice], first) if notice else (entry, first) if entry else None


def _entry(visit: Visit, found: Finding, line: Line) -> Denial:
    """The first entry of the denials that fits a finding, from the most particular to the most general."""
    payer = MEDICARE[0] if visit.payer.id in MEDICARE else visit.payer.id
    kinds = (line.code, *line.modifiers, tables.codes()[line.code].family, payer)
    names = [*(f"{found.rule}, {kind}" for kind in kinds), found.rule, f"{found.heading}, {found.part}", found.heading]
    return next(denials()[name] for name in names if name in denials())


def _notice(visit: Visit, found: Finding | None, entry: Denial | None, line: Line) -> str:
    """The modifier that settles who owes a line, or "". A notice never shifts a denial about coding or units."""
    said = NOTICES & set(line.modifiers)
    excluded = bool(found and entry and found.heading == "who may bill" and entry.reason == "96")
    unneeded = bool(entry and entry.reason == "50" and entry.next != "correct and resend")
    maintenance = not entry and line.code in visit.maintenance
    if "GY" in said and (excluded or not entry):
        return "GY" if line.code in visit.unpaid or excluded else "GY, covered"
    if "GX" in said and excluded:
        return "GX"
    if "GZ" in said and (unneeded or not entry):
        return "GZ"
    # AT says that the care is needed, GA that it is not: a line with both shifts nothing.
    return "GA" if "GA" in said and "AT" not in line.modifiers and (unneeded or maintenance) else ""
