"""All that the report of a class says, worked out once: from the marks, and from the first tries behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date
from functools import cached_property
from itertools import groupby
from operator import itemgetter

from .. import tables
from ..model import DISPUTE, Misconception, Unreadable
from ..reading import nearest
from . import advice, statistics
from .advice import Need, Standing
from .disputes import Dispute, disputes
from .drawing import Timeline, label, timeline
from .marking import Mark
from .mistakes import Cost, FirstTry, WrongAnswer, costs, first_tries, wrong_answers
from .room import Room
from .statistics import Item, Reliability, Skilled

MOST_COLUMNS = 9  # skills beside one another on paper


@dataclass(frozen=True, slots=True)
class Share:
    """What became of one notebook: how many learners began, and shares of the exercises that they tried (0 to 1)."""

    folder: str
    exercises: int
    began: int
    tried: int
    first: float | None
    solved: float | None


class Figures:
    """What a class shows. Everything is worked out when it is first asked for, and once."""

    def __init__(self, graded: Room):
        self.room = graded
        self.course = graded.course

    @cached_property
    def marks(self) -> list[Mark]:
        """The marks that hold a graded try."""
        return statistics.tried(self.room.marks)

    @cached_property
    def firsts(self) -> list[FirstTry]:
        """All first tries."""
        return first_tries(self.room)

    @cached_property
    def items(self) -> list[Item]:
        """The exercises that somebody tried."""
        return statistics.items(self.room)

    @cached_property
    def _costs(self) -> tuple[list[Cost], float]:
        return costs(self.firsts)

    @property
    def costs(self) -> list[Cost]:
        """The misconceptions of the class, the costliest first."""
        return self._costs[0]

    @property
    def unnamed(self) -> float:
        """The share of lost points behind which nobody put a name."""
        return self._costs[1]

    @cached_property
    def wrong(self) -> dict[str, list[WrongAnswer]]:
        """The most frequent wrong answers by exercise."""
        return wrong_answers(self.room, self.firsts)

    @cached_property
    def disputes(self) -> dict[str, list[Dispute]]:
        """What learners say against their grades, by exercise."""
        return disputes(self.room)

    @cached_property
    def by_skill(self) -> dict[str, Skilled]:
        """Mean and number of first tries by learner and skill."""
        return statistics.skills_of(self.room)

    @cached_property
    def class_skills(self) -> Skilled:
        """The same over the whole class."""
        return statistics.class_skills(self.by_skill)

    @cached_property
    def standings(self) -> dict[str, Standing]:
        """Where each learner stands."""
        return advice.standings(self.room, self.by_skill)

    @cached_property
    def in_need(self) -> list[Need]:
        """Who needs help, and why."""
        return advice.needs(self.standings, self.room.sizes)

    @cached_property
    def reliability(self) -> Reliability:
        """How far the sums of first tries would come out the same again."""
        return statistics.reliability(self.room.marks)

    @cached_property
    def timeline(self) -> Timeline | None:
        """Answers over days."""
        firsts: set[tuple[str, str, str]] = set()
        days = []
        for who, attempts in self.room.collection.attempts.items():
            for one in sorted(attempts, key=lambda one: (one.at, one.id)):
                if one.form != DISPUTE:
                    place = (who, one.exercise, one.form)
                    days.append((one.at[:10], place not in firsts))
                    firsts.add(place)
        return timeline(days)

    @property
    def answers(self) -> int:
        """How many answers the class gave, graded or not."""
        return sum(bar.first + bar.later for bar in self.timeline.bars) if self.timeline else 0

    @cached_property
    def when(self) -> str:
        """From when to when the answers run, in words."""
        days = sorted({one[:10] for mark in self.marks for one in (mark.began, mark.last)})
        spoken = [label(Date.fromisoformat(day), "day") for day in (days[:1] + days[-1:])]
        return " to ".join(dict.fromkeys(spoken))

    @cached_property
    def shares(self) -> list[Share]:
        """How far each notebook is."""
        found = []
        for folder, size in self.room.sizes.items():
            mine = [one for one in self.marks if one.notebook == folder]
            if mine:
                found.append(Share(
                    folder, size, len({one.learner for one in mine}), len(mine),
                    sum(one.first == 1 for one in mine) / len(mine), sum(one.solved for one in mine) / len(mine),
                ))  # fmt: skip
        return found

    @cached_property
    def skill_groups(self) -> list[tuple[str, list[str]]]:
        """The skills that somebody practiced, under the notebook in which each is taught first."""
        known, groups = tables.skills(), {folder[:2]: (folder, []) for folder in self.course.folders}
        practiced = {skill for mine in self.by_skill.values() for skill in mine}
        other: list[str] = []
        for skill in [*(name for name in known if name in practiced), *sorted(practiced - known.keys())]:
            number = known[skill].notebooks[0] if skill in known else ""
            (groups[number][1] if number in groups else other).append(skill)
        return [(folder, skills) for folder, skills in (*groups.values(), ("", other)) if skills]

    @cached_property
    def skill_tables(self) -> list[list[tuple[str, list[str]]]]:
        """The groups again, in tables of as many skills as fit the width of a page."""
        flat = [(folder, skill) for folder, skills in self.skill_groups for skill in skills]
        parts = [flat[n : n + MOST_COLUMNS] for n in range(0, len(flat), MOST_COLUMNS)]
        return [
            [(folder, [skill for _, skill in some]) for folder, some in groupby(part, key=itemgetter(0))]
            for part in parts
        ]

    # What templates ask ----------------------------------------------------------------------------------------------

    def notebook(self, folder: str) -> str:
        """A notebook's number and title."""
        return f"{folder[:2]} · {self.course.notebook_title(folder)}" if folder else "Other skills"

    def items_of(self, folder: str) -> list[Item]:
        """The exercises of a notebook that somebody tried."""
        return [one for one in self.items if one.notebook == folder]

    def told(self, folder: str) -> list[str]:
        """The exercises of a notebook of which there is a wrong answer or a dispute to tell."""
        return [
            name
            for name, its in self.course.names.items()
            if its == folder and (name in self.wrong or name in self.disputes)
        ]

    def title(self, exercise: str) -> str:
        """An exercise's title."""
        return self.course.exercise(exercise).title

    def misconception(self, name: str) -> Misconception | None:
        """What its holder thinks and what is so."""
        return tables.misconceptions().get(name)

    def revisit(self, *names: str) -> list[str]:
        """The notebooks that put these misconceptions right."""
        return advice.notebooks_for(self.course, names)

    def number(self, learner: str) -> int:
        """The learner's place in the class, from 1: what links lead to."""
        return self._numbers[learner]

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {who: n for n, who in enumerate(self.room.learners, 1)}

    def known(self, learner: str) -> str:
        """The name of a learner of this class. Raises `Unreadable` with the nearest one for another."""
        if learner not in self._numbers:
            raise Unreadable(f"Nobody called “{learner[:80]}” handed in anything.{nearest(learner, self._numbers)}")
        return learner
