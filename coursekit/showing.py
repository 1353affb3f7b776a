"""Reads what a file wants shown as a picture: under `shows:`, before any answer or beside the author's reasoning."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from . import tables
from .claimpath import stations, ways_back
from .model import Unreadable
from .reading import Node, checked

SIDES = ("left", "right", "both")


def read_shows(node: Node, has_case: bool) -> dict[str, tuple]:
    """The pictures before any answer: `regions`, `minutes`, `tree`, `path`, and `pair` where there is a case."""
    row = node.fields("", " ".join(READERS))
    if "pair" in row and not has_case:
        raise row["pair"].bad("The picture of a pair needs a case: its payer and its date decide.")
    return _read(row)


def read_shows_after(node: Node) -> dict[str, tuple]:
    """The pictures beside an author's reasoning: `tree` and `path`. What was done, and where, is drawn from the facts."""
    return _read(node.fields("", "tree path"))


def _read(row: Mapping[str, Node]) -> dict[str, tuple]:
    return {kind: READERS[kind](node) for kind, node in row.items()}


def _places(node: Node) -> tuple[tuple[str, str, str], ...]:
    """Place: words."""
    return tuple(
        (*checked(said, lambda _, place=place: _placed(place)), said.text) for place, said in node.entries.items()
    )


def _spans(node: Node) -> tuple[tuple[str, int, int], ...]:
    """10:05-10:20: words."""
    return tuple((said.text, *checked(said, lambda _, span=span: _span(span))) for span, said in node.entries.items())


def _each_once(node: Node, known: Mapping[str, Any], what: str) -> tuple[str, ...]:
    found: list[str] = []
    for item in node.items:
        if item.one_of(known, what) in found:
            raise item.bad(f"“{item.text}” is named twice.")
        found.append(item.text)
    return tuple(found)


def _pair(node: Node) -> tuple[str, ...]:
    pair = _each_once(node, tables.codes(), "code")
    if len(pair) != 2:
        raise node.bad(f"A pair is two codes; the number here is {len(pair)}.")
    return pair


READERS = {
    "regions": _places,
    "minutes": _spans,
    "tree": lambda node: _each_once(node, tables.codes(), "code"),
    "path": lambda node: _each_once(node, {**stations(), **ways_back()}, "station or way back"),
    "pair": _pair,
}


# Where and when ------------------------------------------------------------------------------------------------------


def _placed(text: str) -> tuple[str, str]:
    side, _, place = text.partition(" ")
    return (tables.region(place), side) if side in SIDES else (tables.region(text), "")


def _span(text: str) -> tuple[int, int]:
    start, dash, stop = (part.strip() for part in text.partition("-"))
    if (
        not dash
        or not isinstance(begin := clock(start), int)
        or not isinstance(end := clock(stop), int)
        or end <= begin
    ):
        raise Unreadable(f"“{text}” is not a span of time. Write 10:05-10:20.")
    return end - begin, begin


def clock(text: str) -> int | str:
    """A clock time as minutes since midnight, or a block in order as it is written. Raises `Unreadable` otherwise."""
    if re.fullmatch(r"\d{1,2}:[0-5]\d", text) and int(text.split(":")[0]) < 24:
        hours, minutes = text.split(":")
        return int(hours) * 60 + int(minutes)
    if re.fullmatch(r"block [1-9]", text):
        return text
    raise Unreadable(
        f"“{text}” is not a time. Write 10:05 (24 hours), or “block 2” where the note gives the order only."
    )
