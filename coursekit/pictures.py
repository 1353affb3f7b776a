"""What pictures of a visit show, as data: where, when, and what a pair of codes does. Drawing is the form's work.

A picture after an answer shows what the answer has earned: the facts behind the rules that spoke, and all of them once
the exercise is solved or its reasoning is open. A picture before an answer comes from the exercise's own `shows:`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from . import tables
from .counting import TOTAL_TIME, UNIT_MINUTES, units_in
from .facts import Visit
from .model import Case, Claim, Edit, Finding
from .readings import kept, nearest_visit
from .rules import WHY

Picture = dict[str, Any]

# Which pictures make plain what a rule says.
SHOWN_BY = {
    "adjustment_by_regions": ("regions",),
    "separate_region": ("regions", "pair"),
    "separate_time": ("minutes", "pair"),
    "separate_evaluation": ("pair",),
    "never_together": ("pair",),
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
        found += [_pair(visit, claim, edit, shown) for edit, shown in visit.pairs(codes)[:2]]
    return found


# Where ---------------------------------------------------------------------------------------------------------------


def _place(region: str, side: str, what: str) -> dict[str, Any]:
    outer = tables.region_line(region)[-1]
    return {"region": region, "inside": outer, "spinal": tables.is_spinal(region), "side": side, "what": what}


def regions_of(visit: Visit) -> list[Picture]:
    """Where each code was done; nothing where fewer than two services name a region."""
    places = [_place(s.region, s.side, code) for s, code in visit.reading if code and s.region]
    return [_regions(places)] if len(places) > 1 else []


def _regions(places: list[dict[str, Any]]) -> Picture:
    shared = sorted({
        one["region"]
        for one in places
        for other in places
        if one["what"] != other["what"] and tables.overlap(one["region"], one["side"], other["region"], other["side"])
    })  # fmt: skip
    by_what: dict[str, list[str]] = {}
    for place in places:
        by_what.setdefault(place["what"], []).append(f"{place['side']} {place['region']}".strip())
    told = "; ".join(f"{what}: {tables.joined(list(dict.fromkeys(where)))}" for what, where in by_what.items())
    says = f"In common: {tables.joined(shared)}." if shared else "No region in common." if len(by_what) > 1 else ""
    return {
        "kind": "regions", "title": "Where", "alt": f"{told}. {says}".strip(), "places": places, "shared": shared, "says": says,
    }  # fmt: skip


# When ----------------------------------------------------------------------------------------------------------------


def minutes_of(visit: Visit) -> list[Picture]:
    """The minutes of each service and what the payer's way of counting makes of them; nothing without timed minutes."""
    if not visit.minutes:
        return []
    blocks = [
        _block(code or service.did, service.minutes, service.at, bool(code and tables.codes()[code].timing == "timed"))
        for service, code in visit.reading
        if service.minutes
    ]
    if visit.payer.counting == TOTAL_TIME:
        sums = [_sum("all timed minutes", sum(visit.minutes.values()))]
        units = ", ".join(f"{code} {visit.earned.get(code, 0)}" for code in visit.minutes)
        says = f"All timed minutes count together. Units: {units}."
    else:
        sums = [_sum(code, spent) for code, spent in visit.minutes.items()]
        says = "Each code is counted by itself."
    return [_minutes(blocks, sums, says)]


def _block(what: str, minutes: int, at: int | str | None, counts: bool) -> dict[str, Any]:
    start = at if isinstance(at, int) else None
    return {"what": what, "label": f"{minutes} min", "start": start, "minutes": minutes, "counts": counts}


def _sum(what: str, minutes: int) -> dict[str, Any]:
    units = units_in(minutes)
    low = units * UNIT_MINUTES - UNIT_MINUTES + 8 if units else 0
    return {"what": what, "minutes": minutes, "units": units, "band": [low, units * UNIT_MINUTES + 7]}


def _minutes(blocks: list[dict[str, Any]], sums: list[dict[str, Any]], says: str) -> Picture:
    clock = all(block["start"] is not None for block in blocks)
    told = [
        f"{block['what']} {block['minutes']} minutes{'' if block['counts'] else ', not counted'}" for block in blocks
    ]
    told += [
        f"{one['what']}: {one['minutes']} minutes make {one['units']} unit{'s' * (one['units'] != 1)}" for one in sums
    ]
    return {
        "kind": "minutes", "title": "When" if clock else "How long", "alt": f"{'; '.join(told)}.", "clock": clock,
        "blocks": sorted(blocks, key=lambda block: block["start"]) if clock else blocks, "sums": sums, "says": says,
    }  # fmt: skip


# What a pair does ----------------------------------------------------------------------------------------------------


def _pair(visit: Visit, claim: Claim, edit: Edit, shown: frozenset[str]) -> Picture:
    one, two = edit.column_one, edit.column_two
    said = {m for code in (one, two) if code in claim.codes for m in claim.modifiers[code]}
    said_truly = any(tables.modifiers()[m].asserts & shown for m in said)
    gate = "shut" if not shown else "open" if said_truly else "closed"
    reasons = [WHY[ground] for ground in edit.opens if ground in shown]
    if edit.indicator == "0":
        says = f"Nothing opens this pair: {one} is paid, {two} is not."
    elif gate == "shut":
        says = f"A modifier could open this pair, and nothing in the note does: {two} counts as part of {one}."
    elif gate == "closed":
        says = f"The note opens this pair, {tables.joined(reasons)}. The claim has to say so."
    else:
        says = f"Open: {two} was done {tables.joined(reasons)}, and the claim says so."
    return {
        "kind": "pair", "title": "The pair", "alt": f"Column one {one}, column two {two}, indicator {edit.indicator}. {says}",
        "one": one, "two": two, "indicator": edit.indicator, "opens": [WHY[ground] for ground in edit.opens],
        "shown": reasons, "gate": gate, "says": says,
    }  # fmt: skip


# Before an answer ----------------------------------------------------------------------------------------------------


def shown_first(shows: Mapping[str, Any]) -> list[Picture]:
    """The pictures that an exercise shows before any answer, from its own words: see `files.read_exercise`."""
    found = []
    if places := shows.get("regions"):
        found.append(_regions([_place(region, side, what) for region, side, what in places]))
    if blocks := shows.get("minutes"):
        found.append(_minutes([_block(what, minutes, at, True) for what, minutes, at in blocks], [], ""))
    return found
