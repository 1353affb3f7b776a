"""Four small explorers: change minutes, codes, dates, regions or payers, and see what the rules answer.

An explorer is a form without right and wrong. What it asks and what it answers is plain data; `forms` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..model import Unreadable
from ..reading import nearest
from . import fees, pair, regions, units
from .asked import Explorer, answer

EXPLORERS: Mapping[str, Explorer] = {
    "units": Explorer(
        "How minutes become units",
        "Give up to four timed services their minutes, and see what each of the two rules makes of them.",
        units.asks,
        {"code1": "97110", "minutes1": "23", "code2": "97140", "minutes2": "8"},
        units.answer_to,
    ),
    "pair": Explorer(
        "What a pair of codes does",
        "Name two codes, a date of service and a payer, and read the row that the payer goes by.",
        pair.asks,
        {"one": "98940", "two": "97124", "on": "2026-03-04", "payer": "medicare"},
        pair.answer_to,
    ),
    "fees": Explorer(
        "What Medicare allows for it",
        "Choose a code and a year, and follow the amount from relative value to dollars. National amounts, outside facilities.",
        fees.asks,
        {"code": "97124", "since": "2026-01-01", "units": "2", "whole": "yes"},
        fees.answer_to,
    ),
    "regions": Explorer(
        "Hands-on work beside an adjustment",
        "One chiropractor adjusts the spine and treats a region by hand for 15 minutes. See where the two overlap, and what may be billed.",
        regions.asks,
        {"adjusted": ["lumbar"], "region": "cervical", "side": "", "code": "97124", "payer": "plan_cedar"},
        regions.answer_to,
    ),
}  # fmt: skip


def known(what: str) -> str:
    """The name of an explorer. Raises `Unreadable` with the nearest one and all there are."""
    if what not in EXPLORERS:
        raise Unreadable(f"There is no explorer “{str(what)[:60]}”.{nearest(str(what), EXPLORERS)} "
                         f"Known: {', '.join(EXPLORERS)}.")  # fmt: skip
    return what


def first_state(what: str) -> dict[str, Any]:
    """What an explorer shows before anything was changed."""
    explorer = EXPLORERS[known(what)]
    about = {"what": what, "title": explorer.title, "about": explorer.about, "groups": explorer.asks()}
    return {**about, "turn": "", **next_state(what, explorer.first)}


def next_state(what: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What changes in an explorer with its settings: the settings, and what the rules answer to them."""
    return {"settings": dict(settings), "result": answer(EXPLORERS[known(what)], settings)}
