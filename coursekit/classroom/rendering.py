"""Makes pages from templates, in which every text is escaped and every share said the same way."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from ..tables import many
from . import advice, mistakes, statistics

PAGES = Path(__file__).parent / "pages"
MOST_CARDS = 8


@cache
def _pages() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    pages = Environment(
        loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        finalize=shown,
    )  # fmt: skip
    pages.filters |= {
        "percent": percent,
        "level": level,
        "many": many,
        "said": advice.said,
        "two": lambda x: f"{x:.2f}",
    }
    pages.globals |= {"statistics": statistics, "mistakes": mistakes, "MOST_CARDS": MOST_CARDS, "style": _style}
    return pages


def rendered(template: str, **said: Any) -> str:
    """A page or a piece of one."""
    # What the blocks of a template leave at line ends is of no use to anyone.
    lines = (line.strip() for line in _pages().get_template(template).render(**said).splitlines())
    return "\n".join(line for line in lines if line) + "\n"


@cache
def _style() -> Any:
    from markupsafe import Markup

    return Markup((PAGES / "report.css").read_text("utf-8"))


def shown(value: Any) -> Any:
    """A value as a page may hold it: of text, what is no character or steers a terminal becomes a replacement sign."""
    if type(value) is not str:
        return value
    return "".join(
        "�" if unicodedata.category(one) in ("Cc", "Cs") and one not in "\n\t" else one for one in value
    ) if not value.isprintable() else value  # fmt: skip


def percent(share: float | None) -> str:
    """A share in percent, or a dash for none. Only all is 100% and only none 0%."""
    if share is None:
        return "–"
    return "under 1%" if 0 < share < 0.01 else f"{min(share, 0.99) if share < 1 else 1:.0%}"


def level(mean: float) -> int:
    """Which of four shades a mean score gets, from 0 to 3: that of the percentage which stands in it."""
    return sum(round(100 * mean) >= bound for bound in (40, 60, 80))
