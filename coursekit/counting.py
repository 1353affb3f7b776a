"""How minutes become units: pure arithmetic, by the two ways in which payers count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations, product

UNIT_MINUTES = 15
MIDPOINT = 8  # a unit is earned once more than half of it, in whole minutes, is done
ASSISTED_SHARE = 0.10  # an assistant's work above this share of a unit marks the unit

TOTAL_TIME, PER_SERVICE = "total-time", "per-service"


def units_in(minutes: int) -> int:
    """Units that a span of minutes earns by the bands 8-22, 23-37, 38-52 ... (Claims Processing Manual ch. 5 20.2)."""
    return (minutes + UNIT_MINUTES - MIDPOINT) // UNIT_MINUTES


def allocations(minutes: Mapping[str, int], counting: str) -> list[dict[str, int]]:
    """Every right way to give units to timed codes; codes that earn none are left out.

    By total time all minutes are added first; each code gets its full quarter hours, and the leftover units go to the
    larger remainders. A tie gives several right ways. Per service each code is counted alone.
    """
    if counting == PER_SERVICE:
        return [{code: units_in(spent) for code, spent in minutes.items() if units_in(spent)}]
    full = {code: spent // UNIT_MINUTES for code, spent in minutes.items()}
    left = units_in(sum(minutes.values())) - sum(full.values())
    by_remainder = sorted(minutes, key=lambda code: -(minutes[code] % UNIT_MINUTES))
    if left <= 0:
        extras: Iterable[tuple[str, ...]] = [()]
    else:
        last = minutes[by_remainder[left - 1]] % UNIT_MINUTES
        sure = tuple(code for code in by_remainder if minutes[code] % UNIT_MINUTES > last)
        tied = [code for code in minutes if minutes[code] % UNIT_MINUTES == last]
        extras = [sure + some for some in combinations(tied, left - len(sure))]
    ways = [{code: full[code] + (code in extra) for code in minutes} for extra in extras]
    return [{code: units for code, units in way.items() if units} for way in ways]


def assisted_units(therapist: int, assistant: int, units: int) -> int:
    """Of a timed code's units, those that carry CQ or CO, from the minutes that each gave alone.

    Full quarter hours belong to whoever gave them. Of what is left, the therapist's 8 minutes keep a last unit free of
    the mark; two last units with 9 to 14 minutes from each are split (Medicare's rules since 2020).
    """
    left = units - therapist // UNIT_MINUTES - assistant // UNIT_MINUTES
    mine, theirs = therapist % UNIT_MINUTES, assistant % UNIT_MINUTES
    if left <= 0:
        marked = 0
    elif left > 1:
        marked = 1
    else:
        marked = int(mine < MIDPOINT and theirs > ASSISTED_SHARE * (mine + theirs))
    return min(assistant // UNIT_MINUTES + marked, units)


def whoever_owns(
    shared: tuple[tuple[str, str, int], ...], minutes: dict[str, int], counting: str
) -> list[dict[str, int]] | None:
    """The ways to give out units with shared minutes counted once; None where they turn on whose minutes they were."""
    every = []
    for owners in product((0, 1), repeat=min(len(shared), 8)):
        once = dict(minutes)
        for owner, (first, second, both) in zip(owners, shared, strict=False):
            once[(first, second)[owner]] -= both
        every.append(allocations({code: max(spent, 0) for code, spent in once.items()}, counting))
    return every[0] if all(ways == every[0] for ways in every) else None
