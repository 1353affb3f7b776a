"""What pictures show, as data: where, when, what a pair of codes does, where a code stands, how a claim travels.

Drawing is the form's work. A picture has a `kind`, a `title`, `alt` (all of it in words, for whoever cannot see it) and
`says` (what to take from it, shown below). Which pictures an answer has earned is for `earned` to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date as Date
from typing import Any

from . import reference, tables
from .claimpath import stations, ways_back
from .codetree import families, family_of, members
from .counting import PER_SERVICE, TOTAL_TIME, UNIT_MINUTES, allocations, units_in
from .rules import WHY

Picture = dict[str, Any]

COUNTED = {TOTAL_TIME: "all timed minutes together", PER_SERVICE: "each code by itself"}
OTHER = {TOTAL_TIME: PER_SERVICE, PER_SERVICE: TOTAL_TIME}


def shown_first(shows: Mapping[str, Any], payer: str = "", on: Date | None = None) -> list[Picture]:
    """The pictures that an exercise shows before any answer, from its own words: see `showing.read_shows`.

    They judge nothing: minutes without units, a pair without its note, a path without what happens on it.
    """
    found = []
    if places := shows.get("regions"):
        found.append(body_map(places))
    if blocks := shows.get("minutes"):
        found.append(ruler([block(what, minutes, at, True) for what, minutes, at in blocks], [], ""))
    if codes := shows.get("tree"):
        found.append(family_tree(codes))
    if marked := shows.get("path"):
        found.append(claim_path(marked))
    if pair := shows.get("pair"):
        found.append(pair_row(*pair, on, payer))
    return found


def shown_beside(shows: Mapping[str, Any]) -> list[Picture]:
    """The pictures that stand beside an author's reasoning: what is marked on a path is explained as well."""
    pictures = [family_tree(shows["tree"])] if "tree" in shows else []
    return [*pictures, claim_path(shows["path"], explained=True)] if "path" in shows else pictures


def in_words(picture: Picture) -> str:
    """A picture as one line of text."""
    return f"{picture['title']}: {picture['alt']}"


# Where ---------------------------------------------------------------------------------------------------------------


def body_map(done: Iterable[tuple[str, str, str]]) -> Picture:
    """Where each thing was done, from (region, side, what), and which regions two of them have in common."""
    places = [_place(*one) for one in done]
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


def _place(region: str, side: str, what: str) -> dict[str, Any]:
    outer = tables.region_line(region)[-1]
    return {"region": region, "inside": outer, "spinal": tables.is_spinal(region), "side": side, "what": what}


# When ----------------------------------------------------------------------------------------------------------------


def block(what: str, minutes: int, at: int | str | None, counts: bool) -> dict[str, Any]:
    """A stretch of the visit for a ruler."""
    start = at if isinstance(at, int) else None
    return {"what": what, "label": f"{minutes} min", "start": start, "minutes": minutes, "counts": counts}


def banded(what: str, minutes: int) -> dict[str, Any]:
    """Minutes beside the bands of units, for a ruler."""
    units = units_in(minutes)
    low = units * UNIT_MINUTES - UNIT_MINUTES + 8 if units else 0
    return {"what": what, "minutes": minutes, "units": units, "band": [low, units * UNIT_MINUTES + 7]}


def ways_in_words(ways: Iterable[Mapping[str, int]]) -> str:
    """Right ways to give out units: `97110 2, 97140 1 or 97110 1, 97140 2`."""
    return " or ".join(", ".join(f"{code} {units}" for code, units in way.items()) or "no unit" for way in ways)


def other_rule(minutes: Mapping[str, int], counting: str) -> str:
    """What the rule that does not count here would make of the same minutes, in a sentence."""
    ways, here = allocations(minutes, OTHER[counting]), allocations(minutes, counting)
    makes = "the same" if ways == here else ways_in_words(ways)
    return f"The other rule, {COUNTED[OTHER[counting]]}, would make {makes}."


def ruler(blocks: list[dict[str, Any]], sums: list[dict[str, Any]], says: str, other: str = "") -> Picture:
    """The minutes of a visit, by the clock where every block has a start, and what each rule makes of them."""
    clock = all(one["start"] is not None for one in blocks)
    told = [f"{one['what']} {one['minutes']} minutes{'' if one['counts'] else ', not counted'}" for one in blocks]
    told += [
        f"{one['what']}: {one['minutes']} minutes make {one['units']} unit{'s' * (one['units'] != 1)}" for one in sums
    ]
    return {
        "kind": "minutes", "title": "When" if clock else "How long", "alt": f"{'; '.join(told)}. {other}".strip(), "clock": clock,
        "blocks": sorted(blocks, key=lambda one: one["start"]) if clock else blocks, "sums": sums, "says": says,
        "other": other,
    }  # fmt: skip


# What a pair does ----------------------------------------------------------------------------------------------------


def gate(pair: tuple[str, str], indicator: str, state: str, says: str, opens: list[str], shown: list[str]) -> Picture:
    """A pair as two columns with a gate between them: shut, keyed, closed, open, or none where there is no edit."""
    one, two = pair
    row = f"Column one {one}, column two {two}, indicator {indicator}." if indicator else f"{one} and {two}."
    return {
        "kind": "pair", "title": "The pair", "alt": f"{row} {says}", "one": one, "two": two, "indicator": indicator,
        "opens": opens, "shown": shown, "gate": state, "says": says,
    }  # fmt: skip


def pair_row(one: str, other: str, on: Date, payer: str) -> Picture:
    """What a payer's table says about two codes on a date, whatever the note holds."""
    known, name = reference.pair(one, other, on, payer)["edit"], tables.payers()[payer].name
    if known is None:
        says = f"{name} has no edit for {one} and {other} on {tables.spoken(on)}."
        return gate((one, other), "", "none", says, [], [])
    pair = known["column_one"], known["column_two"]
    edit = tables.edit_in_force(tables.payers()[payer].edits, *pair, on)
    opens = [WHY[ground] for ground in edit.opens]
    if known["indicator"] == "0":
        return gate(pair, "0", "shut", f"{name} never pays both: nothing opens this pair.", opens, [])
    says = f"{name} counts {pair[1]} as part of {pair[0]}, unless a reason opens the pair and the claim says so."
    return gate(pair, known["indicator"], "keyed", says, opens, [])


# Where a code stands -------------------------------------------------------------------------------------------------


def family_tree(codes: Iterable[str]) -> Picture:
    """Where codes stand: their section, group and family, with the other families of the group and their siblings."""
    marked = list(codes)
    homes = {family_of(code).name: family_of(code) for code in marked}
    groups = {(home.section, home.group) for home in homes.values()}
    shown = [family for family in families().values() if (family.section, family.group) in groups]
    rows: list[dict[str, Any]] = []
    section = group = ""
    for family in shown:
        if family.section != section:
            rows.append({"level": 0, "text": family.section, "marked": True})
            section, group = family.section, ""
        if family.group != group:
            rows.append({"level": 1, "text": family.group, "marked": True})
            group = family.group
        known = {row.code: row for row in members(family)}
        mine = sorted({*known, *(code for code in marked if family_of(code) is family)}, key=list(tables.codes()).index)
        at_home = family.name in homes
        level = 1 if family.label == family.group else 2
        if level == 2:
            rows.append({"level": 2, "text": family.label, "marked": at_home, "count": 0 if at_home else len(mine)})
        rows += [
            {"level": level + 1, "code": code, "text": tables.codes()[code].label, "marked": code in marked}
            for code in mine
            if at_home
        ]
    return {
        "kind": "tree",
        "title": f"Where {'it stands' if len(marked) == 1 else 'they stand'}",
        "alt": _tree_in_words(marked),
        "rows": rows,
        "says": "",
    }


def _tree_in_words(marked: list[str]) -> str:
    told = []
    for code in marked:
        home = family_of(code)
        beside = [row.code for row in members(home) if row.code not in marked]
        line = dict.fromkeys((home.section, home.group, home.label))
        siblings = f" It stands beside {tables.joined(beside)}." if beside else ""
        told.append(f"{', '.join(line)}: {code}, {tables.codes()[code].label}.{siblings}")
    return " ".join(told)


# How a claim travels -------------------------------------------------------------------------------------------------


def claim_path(marked: Iterable[str], explained: bool = False) -> Picture:
    """The path of a claim with its ways back, and these stations and ways marked."""
    wanted, places, ways = set(marked), stations().values(), ways_back().values()
    chosen = [one for one in (*places, *ways) if one.id in wanted]
    label = {one.id: one.label for one in places}
    back = [f"{way.label}, from {label[way.start]} to {label[way.end]}" for way in ways]
    return {
        "kind": "path",
        "title": "The path of a claim",
        "alt": f"Stations: {', '.join(f'{n} {name}' for n, name in enumerate(label.values(), 1))}. "
        f"Ways back: {'; '.join(back)}. Marked: {tables.joined([one.label for one in chosen])}.",
        "stations": [{"id": one.id, "label": one.label, "at": one.at, "marked": one.id in wanted} for one in places],
        "ways": [{"label": w.label, "from": w.start, "to": w.end, "marked": w.id in wanted} for w in ways],
        "says": "\n".join(f"{one.label}. {one.says}" for one in chosen) if explained else "",
    }
