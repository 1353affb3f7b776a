"""The right ways to read a case: one `Visit` for each, kept beside the case, and the one nearest to a claim."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from itertools import product
from typing import TypeVar

from . import tables
from .counting import allocations, whoever_owns
from .facts import Visit, counted_minutes, counts
from .model import Case, Claim, Payer, Service, Unreadable

MOST_READINGS = 256

T = TypeVar("T")


def kept(case: Case, name: Hashable, work_out: Callable[[], T]) -> T:
    """What was worked out about a case, kept beside it: a case never changes, so once is enough."""
    memory = case.__dict__.setdefault("_kept", {})
    if name not in memory:
        memory[name] = work_out()
    return memory[name]


def _code_by_regions(case: Case, codes: tuple[str, ...]) -> str:
    """The code of a region-counted family for the regions that the note names."""
    treated = (s for s in case.services if s.region and tables.techniques()[s.did].codes == codes)
    found = {tables.region_line(service.region)[-1] for service in treated}
    for code in codes:
        low, high = tables.codes()[code].regions or (1, math.inf)
        if low <= max(len(found), 1) <= high:
            return code
    raise Unreadable(f"{len(found)} regions are more than any of {tables.joined(codes, 'or')} counts.")


def _choices(case: Case, did: str, payer: Payer) -> tuple[str | None, ...]:
    """The codes that a technique may rightly be read as."""
    technique = tables.techniques()[did]
    codes = (payer.reads[did],) if did in payer.reads else technique.codes
    if codes and codes[0] in tables.codes() and tables.codes()[codes[0]].timing == "region":
        return (_code_by_regions(case, codes),)
    if technique.payer_picks:
        # Of two codes for one thing a payer takes the one it pays.
        paid = any_paid(payer)
        codes = tuple(code for code in codes if code in paid) or codes
    return tuple(None if code == tables.NO_CODE else code for code in codes) or (None,)


def any_paid(payer: Payer) -> frozenset[str]:
    """The codes that a payer pays to anybody."""
    lists = payer.pays.values()
    return frozenset(
        code
        for code, row in tables.codes().items()
        if not (payer.limits and row.limit == 0) and any(tables.earns(code, wanted) for wanted in lists)
    )


def visits(case: Case) -> tuple[Visit, ...]:
    """Every right way to read a case."""
    return kept(case, "visits", lambda: tuple(_visits(case)))


def _with_minutes(case: Case) -> tuple[Service, ...]:
    """The services; where only one leaves out its minutes, the total of timed minutes that the record gives tells them."""
    total = case.documents.get("timed minutes")
    timed = [s for s in case.services if any(c in tables.codes() and tables.codes()[c].timing == "timed"
                                             for c in tables.techniques()[s.did].codes)]  # fmt: skip
    silent = [service for service in timed if service.minutes is None]
    if not total or len(silent) != 1:
        return case.services
    left = int(total.value) - sum(service.minutes or 0 for service in timed)
    told = replace(silent[0], minutes=left) if left > 0 else silent[0]
    return tuple(told if service is silent[0] else service for service in case.services)


def _visits(case: Case) -> Iterable[Visit]:
    payer = tables.payers()[case.payer]
    services = _with_minutes(case)
    techniques = tuple(dict.fromkeys(service.did for service in services))
    choices = [_choices(case, did, payer) for did in techniques]
    if math.prod(map(len, choices)) > MOST_READINGS:
        raise Unreadable("Too many contested techniques in one case: there are more readings than anyone could check.")
    for picked in product(*choices):
        code_of = dict(zip(techniques, picked, strict=True))
        reading = tuple((service, code_of[service.did]) for service in services)
        once = {
            code: 1
            for service, code in reading
            if code and tables.codes()[code].timing != "timed" and counts(service, case)
        }
        minutes = counted_minutes(reading, case)
        plain = allocations(minutes, payer.counting)
        shared = Visit(case, payer, reading, {**once, **plain[0]}).shared
        counted = whoever_owns(shared, minutes, payer.counting) or plain
        ways = [Visit(case, payer, reading, {**once, **timed}) for timed in counted]
        yield from ways
        yield from _without_struck_minutes(ways, minutes)


def _without_struck_minutes(ways: list[Visit], minutes: dict[str, int]) -> Iterable[Visit]:
    """The same visits counted without the minutes of codes that fell to a pair.

    Nobody has said whether such minutes still count in the day's total, so neither way of counting may cost.
    """
    for visit in ways:
        rest = {code: spent for code, spent in minutes.items() if code not in visit.struck}
        if len(rest) < len(minutes):
            once = {code: units for code, units in visit.earned.items() if code not in minutes}
            for timed in allocations(rest, visit.payer.counting):
                other = Visit(visit.case, visit.payer, visit.reading, {**once, **timed})
                if all(other.due != known.due for known in ways):
                    yield other


def nearest_visit(case: Case, claim: Claim) -> Visit:
    """The reading closest to a claim: by its codes and questions, then, where the same codes are due, by units."""
    known = visits(case)
    if len(known) == 1:
        return known[0]
    first: dict[frozenset[str], int] = {}
    for n, visit in enumerate(known):
        first.setdefault(frozenset(visit.due), n)

    def distance(visit: Visit) -> tuple[int, int, int, int]:
        apart = len(visit.due.keys() ^ claim.codes) + len(set(claim.asks) - visit.gaps.keys())
        undue = sum(visit.earned.get(code, 0) == 0 for code in claim.codes)
        wrong_units = sum(claim.units(code) != units for code, units in visit.due.items() if code in claim.codes)
        return apart, undue, first[frozenset(visit.due)], wrong_units

    return min(known, key=distance)


def without(case: Case, service: Service, fact: str) -> Case:
    """The same case with one documented fact taken away; without what was done, the service itself is gone."""
    if fact in ("", "did"):
        left = None
    elif fact in ("minutes", "at"):
        left = replace(service, **{fact: None})
    elif fact == "encounter":
        left = replace(service, encounter=1)
    elif fact == "own_need":
        left = replace(service, own_need=False)
    else:
        left = replace(service, **{fact: ""})
    services = tuple(left if s is service else s for s in case.services)
    return replace(case, services=tuple(s for s in services if s is not None))


def without_document(case: Case, name: str) -> Case:
    """The same case with one fact about the whole visit taken away."""
    return replace(case, documents={key: said for key, said in case.documents.items() if key != name})
