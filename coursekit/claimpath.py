"""The path of a claim, from the patient's plan to the patient's share: its stations, and where one can turn back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from . import tables
from .reading import read


@dataclass(frozen=True, slots=True)
class Station:
    """A place on the path, at the practice or at the payer, and what happens there."""

    id: str
    label: str
    at: str
    says: str
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WayBack:
    """A way back from one station to an earlier one, and when it is the right one."""

    id: str
    label: str
    start: str
    end: str
    says: str
    source: tuple[str, ...]


@cache
def stations() -> dict[str, Station]:
    """The stations of the path, in order."""
    table = {}
    for id, node in read(tables.DATA / "path.yaml").entries["stations"].entries.items():
        row = node.fields("label at says source")
        at = row["at"].one_of(("practice", "payer"), "place")
        table[id] = Station(id, row["label"].text, at, row["says"].text, row["source"].texts)
    return table


@cache
def ways_back() -> dict[str, WayBack]:
    """The ways back, by id."""
    table = {}
    for id, node in read(tables.DATA / "path.yaml").entries["ways_back"].entries.items():
        row = node.fields("label from to says source")
        start, end = (row[key].one_of(stations(), "station of the path") for key in ("from", "to"))
        table[id] = WayBack(id, row["label"].text, start, end, row["says"].text, row["source"].texts)
    return table
