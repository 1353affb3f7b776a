"""The report of a class: one page that needs no network and no script, and its pieces for a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..course import Course
from ..model import Unreadable
from ..reading import nearest
from .figures import Figures
from .rendering import rendered
from .room import room


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the report as a notebook shows it."""

    html: str
    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.html


def read_class(source: str, most_tries: int | None = None, course: Course | None = None) -> ClassReport:
    """Grade a folder of submissions, or a database, and see what it shows. Raises `Unreadable` and `StoreTrouble`."""
    return ClassReport(room(str(source), course or Course.find(), most_tries))


class ClassReport(Figures):
    """What a class shows, as `page`, as a page for one learner, and as pieces for a notebook.

    The pieces are `glance`, `needs`, `misconceptions`, `skills`, `exercises` and `learner`.
    """

    def page(self) -> str:
        """The whole report as one HTML file."""
        return rendered("report.html", it=self, linked=True)

    def learner_page(self, learner: str) -> str:
        """One learner's own page, for handing out: nothing about anyone else is on it. Raises `Unreadable`."""
        return rendered("learner.html", it=self, who=self.known(learner), linked=False)

    def _piece(self, name: str, text: str, **more: Any) -> Piece:
        return Piece(rendered("piece.html", it=self, piece=name, linked=False, more=more), text)

    def glance(self) -> Piece:
        """The class at a glance."""
        return self._piece("glance", f"{len(self.room.learners)} learners, {self.answers} answers, {self.when}")

    def needs(self) -> Piece:
        """Who needs help and with what next."""
        return self._piece("needs", "\n".join(f"{one.learner}: {'; '.join(one.reasons)}" for one in self.in_need))

    def misconceptions(self) -> Piece:
        """The misconceptions of this class in order of cost."""
        said = (f"{one.share:4.0%} {one.name} ({len(one.learners)} learners)" for one in self.costs)
        return self._piece("misconceptions", "\n".join(said))

    def skills(self) -> Piece:
        """Skills by learner."""
        return self._piece("skills", "\n".join(f"{mean:4.0%} {name}" for name, (mean, _) in self.class_skills.items()))

    def exercises(self, notebook: str = "") -> Piece:
        """The exercises with what each wrong answer says: all, or those of a notebook such as "03"."""
        folders = [folder for folder in self.course.folders if folder.startswith(notebook)]
        if not folders:
            raise Unreadable(f"There is no notebook “{notebook[:40]}”.{nearest(notebook, self.course.folders)}")
        said = (f"{one.exercise}: {one.solved} of {one.learners} at the first try" for one in self.items)
        return self._piece("exercises", "\n".join(said), folders=folders)

    def learner(self, name: str) -> Piece:
        """One learner's page. Raises `Unreadable` for a name that is not in the class."""
        standing = self.standings[self.known(name)]
        text = f"{name}: {len(standing.marks)} exercises; comes back: {', '.join(n for n, _ in standing.keeps) or 'nothing'}"
        return self._piece("learner", text, who=name)
