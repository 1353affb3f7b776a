"""Which pictures an answer has earned: of the facts behind the rules that spoke, and of all once it is open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from . import tables
from .counting import TOTAL_TIME
from .facts import Visit
from .model import Case, Claim, Edit, Finding, Service
from .pictures import Picture, banded, block, body_map, gate, other_rule, pair_row, ruler
from .readings import kept, nearest_visit
from .rules import WHY

# Which pictures make plain what a rule says.
SHOWN_BY = {
    "adjustment_by_regions": ("regions",),
    "separate_region": ("regions", "pair"),
    "separate_time": ("minutes", "pair"),
    "separate_evaluation": ("pair",),
    "never_together": ("pair",),
    "modifier_is_needed": ("pair",),
    "modifier_is_true": ("regions", "minutes", "pair"),
    "separate_time_is_xu": ("minutes",),
    "x_says_why": ("pair",),
    "column_two_is_safe": ("pair",),
    "total_time_units": ("minutes",),
    "per_service_units": ("minutes",),
    "one_service_at_a_time": ("minutes",),
    "assistants_are_marked": ("minutes",),
}
KINDS = ("regions", "minutes", "pair")


def shown_after(case: Case, claim: Claim, findings: Iterable[Finding], is_open: bool) -> list[Picture]:
    """The pictures that an answer has earned, in a fixed order."""
    wanted = set(KINDS) if is_open else {kind for found in findings for kind in SHOWN_BY.get(found.rule, ())}
    if not wanted:
        return []
    visit = nearest_visit(case, claim)
    codes = claim.codes or frozenset(visit.due)
    found: list[Picture] = []
    if "regions" in wanted:
        found += kept(case, ("regions", visit), lambda: regions_of(visit))
    if "minutes" in wanted:
        found += kept(case, ("minutes", visit), lambda: minutes_of(visit))
    if "pair" in wanted:
        found += list(_pairs(visit, claim, codes))[:2]
    return found


def regions_of(visit: Visit) -> list[Picture]:
    """Where each code was done; nothing where fewer than two services name a region."""
    done = [(service.region, service.side, code) for service, code in visit.reading if code and service.region]
    return [body_map(done)] if len(done) > 1 else []


def _counts(visit: Visit, service: Service, code: str | None) -> bool:
    """Whether the minutes of a service can become units: those of a timed code, by somebody whose minutes count."""
    return bool(code) and tables.codes()[code].timing == "timed" and service in visit.payable.get(code, ())


def minutes_of(visit: Visit) -> list[Picture]:
    """The minutes of each service and what each way of counting makes of them; nothing without timed minutes."""
    if not visit.minutes:
        return []
    blocks = [
        block(code or service.did, service.minutes, service.at, _counts(visit, service, code))
        for service, code in visit.reading
        if service.minutes
    ]
    if visit.payer.counting == TOTAL_TIME:
        sums = [banded("all timed minutes", visit.timed_total)]
        units = ", ".join(f"{code} {visit.earned.get(code, 0)}" for code in visit.minutes)
        says = "Minutes that two services share count once. " if visit.shared else "All timed minutes count together. "
        says += "The note does not say whose they were." if visit.overlapping else f"Units: {units}."
    else:
        sums = [banded(code, spent) for code, spent in visit.minutes.items()]
        says = "Each code is counted by itself."
    return [ruler(blocks, sums, says, "" if visit.shared else other_rule(visit.minutes, visit.payer.counting))]


def _pairs(visit: Visit, claim: Claim, codes: frozenset[str]) -> Iterator[Picture]:
    for edit, shown in visit.pairs(codes):
        yield _judged(visit, claim, edit, shown)
    # That two codes have no edit is news only where the claim or a table suggests one.
    if len(codes) == 2 and not visit.pairs(codes):
        one, two = sorted(codes)
        said = set().union(*claim.modifiers.values())
        if said & tables.opening_modifiers() or any({one, two} == {*pair} for _, *pair in tables.edits()):
            yield pair_row(one, two, visit.case.date, visit.payer.id)


def _judged(visit: Visit, claim: Claim, edit: Edit, shown: frozenset[str]) -> Picture:
    one, two = edit.column_one, edit.column_two
    said = {m for code in (one, two) if code in claim.codes for m in claim.modifiers[code]}
    said_truly = any(tables.modifiers()[m].asserts & shown for m in said)
    state = "shut" if not shown else "open" if said_truly else "closed"
    reasons = [WHY[ground] for ground in edit.opens if ground in shown]
    if edit.indicator == "0":
        says = f"Nothing opens this pair: {one} is paid, {two} is not."
    elif state == "shut":
        says = f"A modifier could open this pair, and nothing in the note does: {two} counts as part of {one}."
    elif state == "closed":
        says = f"The note opens this pair, {tables.joined(reasons)}. The claim has to say so."
    else:
        says = f"Open: {two} was done {tables.joined(reasons)}, and the claim says so."
    return gate((one, two), edit.indicator, state, says, [WHY[ground] for ground in edit.opens], reasons)
