"""What was done: the technique and its purpose pick the code, not the diagnosis, the practice or the price."""

from __future__ import annotations

from collections.abc import Iterator

from .. import tables
from ..counting import MIDPOINT, TOTAL_TIME
from ..facts import Visit
from ..model import Claim, Finding
from .saying import label_of, rule


@rule("cpt-release-cycle", heading="what was done")
def code_in_force(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """A code counts only on dates of service on which it exists."""
    for label, line in claim.labelled.items():
        if not visit.in_force(line.code):
            row, day = tables.codes()[line.code], tables.spoken(visit.case.date)
            ended = bool(row.until and row.until < visit.case.date)
            when = f"ended on {tables.spoken(row.until)}" if ended else f"began on {tables.spoken(row.since)}"
            yield Finding(label, f"{line.code} was not valid on {day}: it {when}.")


def _taken_instead(visit: Visit, code: str) -> tuple[str, str]:
    """Why a code is not the one for a technique that several codes might report, and whose word that is; "" twice for none."""
    payer = visit.payer
    for service, taken in visit.reading:
        technique = tables.techniques()[service.did]
        if code not in technique.codes or taken == code:
            continue
        if service.did in payer.reads:
            named = label_of(taken) if taken else "no code at all"
            return f"{payer.name} names {named} for {service.did}, not {code}.", payer.source[0]
        if technique.payer_picks and taken:
            return f"{payer.name} takes {label_of(taken)} for this, not {code}.", ""
        if technique.contested and taken:
            either = tables.joined([one for one in technique.codes if one != tables.NO_CODE], "or")
            return f"The field reads {service.did} as {either}. Either is accepted here, and only once.", ""
    return "", ""


@rule("benefit-manual-ch15-220-3", heading="what was done")
def documented(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """Bill only what the note shows was done."""
    unbilled = [code for code in visit.due if code not in claim.codes]
    for label, line in claim.labelled.items():
        family = tables.codes()[line.code].family
        if line.code not in visit.services and family not in visit.families and visit.in_force(line.code):
            says, source = _taken_instead(visit, line.code)
            says = says or f"Nothing in the note is {label_of(line.code)}."
            yield Finding(
                label, says, tuple(word for code in unbilled for word in visit.words(code, "did")), source=source
            )


def _why_it_earns(visit: Visit, code: str) -> str:
    """The sum behind a unit that a code's own minutes would not earn."""
    spent = visit.minutes.get(code, MIDPOINT)
    if visit.payer.counting != TOTAL_TIME or spent >= MIDPOINT:
        return ""
    return f" All timed minutes are added here, {visit.timed_total} in all, and its {spent} take one of the units."


@rule("benefit-manual-ch15-220-3", heading="what was done")
def due_is_billed(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """Every service that was done, is documented and is payable belongs on the claim."""
    for code in visit.due:
        if code not in claim.codes and code not in claim.asks:
            says = f"The note shows {label_of(code)}, and {visit.payer.name} pays it here. The claim leaves it out."
            says += _why_it_earns(visit, code)
            for other in sorted(claim.codes & visit.struck.keys()):
                if visit.struck[other].column_one == code and visit.struck[other].indicator == "0":
                    says += f" Beside it {other} is never paid: the pair has indicator 0, and column one stays."
            yield Finding(code, says, visit.words(code))
