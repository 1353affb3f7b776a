"""What an explorer asks, and how its settings are read: fields, whole numbers, and an answer or what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .. import reference, tables
from ..model import Unreadable
from ..pictures import Picture

Settings = Mapping[str, Any]
Field = dict[str, Any]
Result = dict[str, Any]

STRONG = "strong"  # the third part of a row that matters most


@dataclass(frozen=True, slots=True)
class Explorer:
    """Title and purpose, the groups of fields that it asks, their first settings, and what answers them."""

    title: str
    about: str
    asks: Callable[[], list[dict[str, Any]]]
    first: Settings
    answer_to: Callable[[Settings], Result]


def answer(explorer: Explorer, settings: Settings) -> Result:
    """The answer to settings; for those that cannot be read only `trouble`, which says why."""
    try:
        return explorer.answer_to(settings)
    except Unreadable as error:
        return result() | {"trouble": str(error)}


# Asking --------------------------------------------------------------------------------------------------------------


def group(legend: str, *fields: Field) -> dict[str, Any]:
    """Fields that belong together."""
    return {"legend": legend, "fields": list(fields)}


def pick(name: str, label: str, options: Iterable[tuple[str, str]]) -> Field:
    """One of a list."""
    return {"kind": "pick", "name": name, "label": label, "options": [list(option) for option in options]}


def ticks(name: str, label: str, options: Iterable[tuple[str, str]]) -> Field:
    """Any number of a list."""
    return {"kind": "ticks", "name": name, "label": label, "options": [list(option) for option in options]}


def whole(name: str, label: str) -> Field:
    """A whole number."""
    return {"kind": "whole", "name": name, "label": label}


def day(name: str, label: str) -> Field:
    """A date."""
    return {"kind": "day", "name": name, "label": label}


def yes(name: str, label: str) -> Field:
    """A thing that is so or not."""
    return {"kind": "yes", "name": name, "label": label}


def code_options(codes: Iterable[str]) -> list[tuple[str, str]]:
    """Codes with their labels."""
    return [(code, f"{code} {tables.codes()[code].label}") for code in codes]


def payer_options(paying: str = "") -> list[tuple[str, str]]:
    """Payers with their names: all, or those that pay this provider for anything."""
    return [
        (id, f"{row.name}{' (invented)' if row.invented else ''}")
        for id, row in tables.payers().items()
        if not paying or row.pays[paying]
    ]


# Reading and answering -----------------------------------------------------------------------------------------------


def said(settings: Settings, name: str) -> str:
    """A setting as text; "" where it is not set."""
    return str(settings.get(name) or "").strip()[:60]


def number(settings: Settings, name: str, what: str, least: int, most: int) -> int:
    """A setting as a whole number. Raises `Unreadable` with what it is of and how to write it."""
    text = said(settings, name)
    if not text:
        raise Unreadable(f"The {what} are not given. Write a whole number from {least} to {most}.")
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise Unreadable(f"“{text}” does not give the {what}. Write a whole number from {least} to {most}.")
    return int(text)


def remark(text: str, source: str | dict[str, Any] | None = None) -> dict[str, Any]:
    """A sentence with the place where it is written: a source by its id, or as `reference` gives it."""
    found = reference.source(source) if isinstance(source, str) else source
    # The id is for programs; readers get the rest.
    return {"text": text, "source": {key: said for key, said in found.items() if key != "id"} if found else None}


def result(
    headline: str = "",
    *,
    panels: Iterable[dict[str, Any]] = (),
    rows: Iterable[tuple[str, ...]] = (),
    says: Iterable[dict[str, Any]] = (),
    pictures: Iterable[Picture] = (),
) -> Result:
    """An answer: a headline, panels side by side, rows of what and how much, sentences with sources, pictures."""
    return {
        "trouble": "", "headline": headline, "panels": list(panels), "rows": [list(row) for row in rows],
        "says": list(says), "pictures": list(pictures),
    }  # fmt: skip
