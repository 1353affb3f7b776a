"""Explorer: what a payer's table says about two codes on a date of service."""

from __future__ import annotations

from typing import Any

from .. import reference, tables
from ..model import Unreadable
from ..pictures import pair_row
from .asked import Result, Settings, code_options, day, group, payer_options, pick, remark, result, said


def asks() -> list[dict[str, Any]]:
    """Two codes, a date and a payer."""
    codes = code_options(tables.codes())
    return [
        group("The codes", pick("one", "One code", codes), pick("two", "The other", codes)),
        group("When and to whom", day("on", "Date of service"), pick("payer", "Payer", payer_options())),
    ]


def answer_to(settings: Settings) -> Result:
    """The row of the table, which modifiers can help, and the pair as a gate."""
    one, other = reference.code(said(settings, "one")), reference.code(said(settings, "two"))
    if not said(settings, "on"):
        raise Unreadable("Give a date of service: whether a pair holds turns on it.")
    on, payer = tables.day(said(settings, "on")), reference.payer(said(settings, "payer"))
    found = reference.pair(one, other, on, payer)
    edit = found["edit"]
    if edit:
        from_, to = (tables.spoken(tables.day(edit[key])) if edit[key] else "" for key in ("since", "until"))
        rows = [
            ("Column one", _labelled(edit["column_one"])),
            ("Column two", _labelled(edit["column_two"])),
            ("Indicator", f"{edit['indicator']}, {'a reason opens it' if edit['indicator'] == '1' else 'never opens'}"),
            ("In force since", from_ or "not given in the table that was read"),
            ("In force until", to or "no end given"),
            ("Modifiers that can help", ", ".join(found["modifiers"]) or "none"),
        ]
        headline = f"An edit joins {one} and {other} on {tables.spoken(on)}."
    else:
        rows = [("One code", _labelled(one)), ("The other", _labelled(other)), ("Modifiers that can help", "none")]
        headline = f"No edit joins {one} and {other} on {tables.spoken(on)}."
    # The sentence of the table says all that the picture's own would, and more.
    picture = pair_row(one, other, on, payer) | {"says": ""}
    return result(headline, rows=rows, says=[remark(found["says"], found["source"])], pictures=[picture])


def _labelled(code: str) -> str:
    return f"{code} {tables.codes()[code].label}"
