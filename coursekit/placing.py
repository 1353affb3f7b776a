"""Which notebooks a learner may skip, from the first tries at the placement exercises.

A placement exercise stands in the first notebook and trains the skills of another one. Only first tries count: a second
one shows what the feedback taught.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from . import tables
from .course import Course
from .model import Exercise
from .record import Standing, Store, progress

OPEN = "Not known yet."
SKIP = "You may go straight to its mixed set."
WORK = "Work through it."


def target(exercise: Exercise) -> str:
    """The number of the one notebook that all skills of an exercise belong to; "" where there is not just one."""
    shared = set.intersection(*(set(tables.skills()[skill].notebooks) for skill in exercise.skills))
    return min(shared) if len(shared) == 1 else ""


@dataclass(frozen=True, slots=True)
class Placed:
    """One notebook, and how many first tries at its placement questions were right, and wrong, of how many."""

    folder: str
    title: str
    right: int
    wrong: int
    of: int

    @property
    def advice(self) -> str:
        """What to do with the notebook."""
        return SKIP if self.right == self.of else WORK if self.wrong else OPEN


class Placement:
    """The notebooks in order, each with how many of its placement questions were right at the first try."""

    def __init__(self, placed: Sequence[Placed], trouble: str = ""):
        self.placed = tuple(placed)
        self.trouble = trouble

    def __repr__(self) -> str:
        wide = max((len(one.title) for one in self.placed), default=0)
        lines = [
            f"{one.title:<{wide}}  {one.right} of {one.of} right at the first try. {one.advice}" for one in self.placed
        ]
        return "\n".join(filter(None, [self.trouble, *lines]))

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><td style="text-align:left"><a href="{escape(one.folder)}.ipynb{"#Mixed-set" if one.advice == SKIP else ""}">'
            f"{escape(one.title)}</a></td><td>{one.right} of {one.of}</td>"
            f'<td style="text-align:left">{escape(one.advice)}</td></tr>'
            for one in self.placed
        )
        head = '<tr><th scope="col">Notebook</th><th scope="col">Right at the first try</th><th scope="col">What to do</th></tr>'
        trouble = f"<p>{escape(self.trouble)}</p>" if self.trouble else ""
        return (
            f'<div class="coursekit-placement">{trouble}<table><thead>{head}</thead><tbody>{rows}</tbody></table></div>'
        )


def placement(course: Course | None = None, store: Store | None = None) -> Placement:
    """What the first tries at the placement exercises say. Course and store are found as everywhere else, unless given."""
    course = course or Course.find()
    first, *others = course.folders
    asked: dict[str, set[str]] = {}
    for name, folder in course.names.items():
        if folder == first:
            asked.setdefault(target(course.exercise(name)), set()).add(name)
    known = progress(course, store)
    placed = [
        _placed(folder, known.titles[folder], [one for one in known.standings if one.exercise in asked[folder[:2]]])
        for folder in others
        if folder[:2] in asked
    ]
    return Placement(placed, known.trouble)


def _placed(folder: str, title: str, mine: list[Standing]) -> Placed:
    firsts = [one.first for one in mine if one.first is not None]
    return Placed(folder, title, sum(first == 1 for first in firsts), sum(first < 1 for first in firsts), len(mine))
