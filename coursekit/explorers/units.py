"""Explorer: what each way of counting makes of the minutes of timed services."""

from __future__ import annotations

from typing import Any

from .. import reference, tables
from ..counting import PER_SERVICE, TOTAL_TIME
from ..model import Unreadable
from ..pictures import COUNTED, banded, block, ruler
from .asked import Result, Settings, code_options, group, number, pick, remark, result, said, whole

PLACES = (1, 2, 3, 4)
MOST_MINUTES = 600


def asks() -> list[dict[str, Any]]:
    """Up to four timed codes with their minutes."""
    timed = [code for code, row in tables.codes().items() if row.timing == "timed"]
    options = [("", "none"), *code_options(timed)]
    return [
        group(f"Service {n}", pick(f"code{n}", "Code", options), whole(f"minutes{n}", "Minutes")) for n in PLACES
    ]  # fmt: skip


def answer_to(settings: Settings) -> Result:
    """Both ways of counting side by side, each with every right way to give out the units."""
    spent: dict[str, int] = {}
    for n in PLACES:
        if said(settings, f"code{n}"):
            code = reference.code(said(settings, f"code{n}"))
            if tables.codes()[code].timing != "timed":
                raise Unreadable(f"{code} is not counted by minutes, so there is nothing to work out for it.")
            minutes = number(settings, f"minutes{n}", f"minutes of {code}", 0, MOST_MINUTES)
            spent[code] = spent.get(code, 0) + minutes
        elif said(settings, f"minutes{n}"):
            raise Unreadable(f"Service {n} has minutes and no code.")
    if not spent:
        return result("Choose a code and give its minutes.")
    counted = {
        way: reference.units([f"{code}={minutes}" for code, minutes in spent.items()], way)
        for way in (TOTAL_TIME, PER_SERVICE)
    }
    together, alone = (found["units"] for found in counted.values())
    # Where both make as many units, they give them to the same codes: the leftovers that passed the midpoint.
    if together == alone:
        headline = f"Both rules make the same: {_units(together)}."
    else:
        headline = f"The two rules differ: {_units(together)} with all minutes together, {alone} code by code."
    blocks = [block(code, minutes, None, True) for code, minutes in spent.items() if minutes]
    total = banded("all timed minutes", sum(spent.values()))
    return result(
        headline,
        panels=[_panel(way, found, spent) for way, found in counted.items()],
        says=[remark(found["says"], found["source"]) for found in counted.values()],
        pictures=[ruler(blocks, [total], "")] if blocks else [],
    )


def _units(count: int) -> str:
    return f"{count} unit{'s' * (count != 1)}"


def _panel(way: str, found: dict[str, Any], spent: dict[str, int]) -> dict[str, Any]:
    lines = [
        ", ".join(f"{code} x{units}" for code, units in right.items()) or "nothing to bill" for right in found["right"]
    ]
    without = [code for code in spent if not any(code in right for right in found["right"])]
    notes = [f"{tables.joined(without)} {'earns' if len(without) == 1 else 'earn'} no unit."] if without else []
    if len(lines) > 1:
        notes.append("The leftover minutes tie, so each of these is right.")
    payers = [row.name for row in tables.payers().values() if row.counting == way]
    return {
        "title": COUNTED[way].capitalize(), "head": _units(found["units"]), "lines": lines,
        "notes": [*notes, f"Counted so by {tables.joined(payers)}."],
    }  # fmt: skip
