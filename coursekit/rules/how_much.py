"""How much: minutes become units by the payer's way of counting; what has no time in it counts once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .. import tables
from ..counting import PER_SERVICE, TOTAL_TIME, units_in
from ..facts import Visit
from ..model import Claim, Finding
from .saying import label_of, rule


def _units(count: int) -> str:
    return "no unit" if count == 0 else "1 unit" if count == 1 else f"{count} units"


@rule("ncci-ch11-s", heading="how much")
def adjustment_by_regions(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """The number of regions treated picks the manipulation code."""
    for label, line in claim.labelled.items():
        right = visit.families.get(tables.codes()[line.code].family)
        if right and line.code != right and visit.in_force(line.code):
            # The code counts whole limbs: an elbow and a shoulder are one region.
            regions = sorted({tables.region_line(s.region)[-1] for s in visit.services[right] if s.region})
            if regions:
                count = f"{len(regions)} region{'s' * (len(regions) != 1)} ({tables.joined(regions)})"
                says = f"The note shows {count}. That is {label_of(right)}, not {label_of(line.code)}."
            else:
                says = f"The note does not say which region was treated. {label_of(line.code)} counts regions."
            yield Finding(label, says, visit.words(right, "region"), part="code")


def _wrong_units(visit: Visit, claim: Claim, explain: Callable[[str, int], str]) -> Iterator[Finding]:
    known = tables.codes()
    for code in visit.billed(claim.codes):
        due, billed = visit.units_of(code), claim.units(code)
        if known[code].timing == "timed" and code not in visit.gaps and billed != due:
            says = f"{explain(code, due)} The claim bills {billed}."
            # Where units stand on several lines, none of them can be told to be the right one.
            quotes = tuple(said for service in visit.payable.get(code, ()) for said in service.words("minutes", "at"))
            for label in (label for label, line in claim.labelled.items() if line.code == code):
                yield Finding(label, says, quotes)


@rule("claims-manual-ch5-20-2", heading="how much", when=lambda visit: visit.payer.counting == TOTAL_TIME)
def total_time_units(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """Add the minutes of all timed services first: 8 to 22 are one unit, 23 to 37 two, 38 to 52 three, and so on."""

    def explain(code: str, due: int) -> str:
        spent, total = visit.minutes.get(code, 0), visit.timed_total
        if spent == total:
            return f"{spent} minutes of {code} earn {_units(due)}."
        in_all = _units(units_in(total))
        return f"All timed services together took {total} minutes: {in_all}. {code} with {spent} minutes gets {due}."

    yield from _wrong_units(visit, claim, explain)


@rule("premera-billing-for-time", heading="how much", when=lambda visit: visit.payer.counting == PER_SERVICE)
def per_service_units(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """A payer that counts per service looks at each code alone: a unit is earned when its midpoint is passed."""

    def explain(code: str, due: int) -> str:
        spent = visit.minutes.get(code, 0)
        if due < units_in(spent):
            return f"Of the {spent} minutes of {code} only those that stand apart can be billed: {_units(due)}."
        return f"{visit.payer.name} counts each code alone: {spent} minutes of {code} earn {_units(due)}."

    yield from _wrong_units(visit, claim, explain)


@rule("first-coast-units", heading="how much")
def untimed_once(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """A code that has no time in it is billed once a day, however long it took and however many places were treated."""
    for code in visit.billed(claim.codes):
        row = tables.codes()[code]
        # A few untimed codes may be reported more than once where more was done: the limit tells which.
        most = min(row.limit or 1, len(visit.services[code])) or 1
        if row.timing != "timed" and claim.units(code) > most:
            says = f"{code} does not count minutes: {_units(most)} for the day. The claim bills {claim.units(code)}."
            yield Finding(code, says, visit.words(code))


@rule("ncci-ch11-p2", heading="how much", when=lambda visit: visit.overlapping)
def one_service_at_a_time(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """The same minutes count for one service only, with or without an edit between the two; supervised modalities may run beside another."""
    for code in sorted(visit.overlapping & claim.codes):
        says = f"{code} and another timed service share minutes of the clock. Ask the provider whose minutes they were."
        yield Finding(code, says, visit.words(code, "at", "minutes"), part="documentation")


@rule("first-coast-units", heading="how much", since="2021-04-19", when=lambda visit: visit.payer.is_medicare)
def one_line_per_code(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """All units of a timed code for one date stand on one line; only units with and without CQ or CO are kept apart."""
    seen = set()
    for label, line in claim.labelled.items():
        mark = (line.code, bool(tables.assistant_modifiers() & set(line.modifiers)))
        if mark in seen and tables.codes()[line.code].timing == "timed":
            yield Finding(label, f"{line.code} stands on more than one line. Its units belong on one.")
        seen.add(mark)


@rule("mue-2026-04", heading="how much", advice=True, when=lambda visit: visit.payer.limits)
def daily_limit(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """Above the daily limit of a code the payer denies at first; where the limit is a benchmark, a sound record can win an appeal."""
    for code in visit.billed(claim.codes):
        limit = tables.codes()[code].limit
        timed = tables.codes()[code].timing == "timed"
        if limit and timed and claim.units(code) > limit and claim.units(code) == visit.units_of(code):
            says = f"{claim.units(code)} units of {code} are more than the daily limit of {limit}. Expect a denial, and keep the record ready."
            yield Finding(code, says, visit.words(code, "minutes"))
