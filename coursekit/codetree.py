"""The family tree of codes: section, group, family, code. A code's place says what it is, and not who may bill it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from . import tables
from .model import Code
from .reading import read

NOT_CPT = "hcpcs"


@dataclass(frozen=True, slots=True)
class Family:
    """A family of codes and its place in the code set."""

    name: str
    label: str
    group: str
    section: str
    source: tuple[str, ...]


@cache
def families() -> dict[str, Family]:
    """Every family, in the order of the tree."""
    table = {}
    for name, node in read(tables.DATA / "families.yaml").entries.items():
        row = node.fields("label group section source")
        table[name] = Family(name, *(row[key].text for key in ("label", "group", "section")), row["source"].texts)
    return table


def family_of(code: str) -> Family:
    """The family of a code; a code with a letter is none of CPT's."""
    return families()[tables.codes()[code].family if code.isdigit() else NOT_CPT]


def members(family: Family) -> list[Code]:
    """The codes of a family that are in force without an end."""
    return [row for row in tables.codes().values() if not row.until and family_of(row.code) is family]
