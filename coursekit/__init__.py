"""Hands-On Coding: learn to bill hands-on therapy correctly, by doing it.

In a notebook these names are enough: `exercise("name")` shows an exercise, `progress()` how far you are,
`rulebook("03")` the rules met so far, `is_it_true("...")` whether what you read somewhere is right, and
`explore("units")` what the rules answer to minutes, codes, dates, regions and payers of your own. Programs use
`coursekit.desk` and `coursekit.engine`.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"
__all__ = ["dispute", "exercise", "explore", "hand_in", "is_it_true", "placement", "progress", "rulebook"]


def dispute(name: str, because: str) -> str:
    """Say why you think that the course is wrong about an exercise; your instructor reads it beside your answers."""
    from .desk import Desk

    return Desk().dispute(name, because)


def exercise(name: str) -> Any:
    """Show an exercise: read the note, answer, and learn at once which line stands and why. Answers are kept."""
    from .desk import Desk
    from .forms import Form

    desk = Desk()
    form = Form(desk, name)
    desk.watch(name, form)
    return form


def explore(what: str) -> Any:
    """Change minutes, codes, dates, regions or payers and see what the rules answer: "units", "pair", "fees", "regions".

    Raises `Unreadable` for another word, with the nearest of these.
    """
    from .forms import Explorer

    return Explorer(what)


def progress() -> Any:
    """Show how far you are: what is done, first and best tries, and where to go on."""
    from .record import progress

    return progress()


def hand_in() -> Any:
    """Show a button that saves your answers as a file to hand in, the same as `coursekit submit` writes."""
    from .classroom.handing_in import work_of
    from .desk import Desk
    from .forms.handing import Hand

    desk = Desk()
    return Hand(lambda: work_of("", desk.course, desk.store))


def placement() -> Any:
    """Show which notebooks you may skip, from your first tries at the placement exercises of the first notebook."""
    from .placing import placement

    return placement()


def rulebook(about: str = "", on: str = "") -> Any:
    """Print the rules: all, or those of a notebook ("03"), a code ("97124"), a heading ("side by side") or a word.

    `on` is a date of service such as "2018-05-02": then only the rules in force on it. Raises `Unreadable` for neither.
    """
    from .book import Rulebook
    from .tables import day

    return Rulebook(about, day(on) if on else None)


def is_it_true(statement: str) -> Any:
    """Show the published statements nearest to one that you read: true, false or it depends, what is right, and where.

    `statement` is a sentence, a few words of it, or an id such as "C040". Raises `Unreadable` where nothing is near.
    """
    from .statements import Judged

    return Judged(statement)
