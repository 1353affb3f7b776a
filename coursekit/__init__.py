"""Hands-On Coding: learn to bill hands-on therapy correctly, by doing it.

In a notebook three names are enough: `exercise("name")` shows an exercise, `progress()` how far you are, and
`rulebook("03")` the rules met so far. Programs use `coursekit.desk` and `coursekit.engine`.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"
__all__ = ["exercise", "progress", "rulebook"]


def exercise(name: str) -> Any:
    """Show an exercise: read the note, answer, and learn at once which line stands and why. Answers are kept."""
    from .desk import Desk
    from .forms import Form

    return Form(Desk(), name)


def progress() -> Any:
    """Show how far you are: what is done, first and best tries, and where to go on."""
    from .record import progress

    return progress()


def rulebook(about: str = "", on: str = "") -> Any:
    """Print the rules: all, or those of a notebook ("03"), a code ("97124"), a heading ("side by side") or a word.

    `on` is a date of service such as "2018-05-02": then only the rules in force on it. Raises `Unreadable` for neither.
    """
    from .book import Rulebook
    from .facts import day

    return Rulebook(about, day(on) if on else None)
