"""The course as a folder: `exercises/`, `solutions/` and `notebooks/`, three trees with one set of names.

`exercises/` is all that a learner may see; `solutions/` is all that they may not. A course without solutions is a
sealed one: everything here but `solution` works the same.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from .files import read_exercise, read_solution
from .model import Exercise, Solution, Unreadable
from .reading import BadFile, Node, nearest, read
from .terms import Release, read_release

_FOLDER = re.compile(r"\d\d_[a-z0-9_]+")
_CALL = re.compile(r"""exercise\(\s*["']([a-z0-9_]+)["']""")


def called(code: str) -> list[str]:
    """The exercises that a piece of notebook code shows, in order."""
    return _CALL.findall(code)


class Course:
    """A folder with `exercises/`, and with `solutions/` unless it is sealed, and `notebooks/`."""

    def __init__(self, root: Path):
        self.root = root

    @classmethod
    def find(cls, start: Path | None = None) -> Course:
        """The course: `COURSEKIT_COURSE`, else the nearest folder upward with `exercises/`, else the installed copy."""
        if named := os.environ.get("COURSEKIT_COURSE"):
            root = Path(named).expanduser()
            if not (root / "exercises" / "course.yaml").is_file():
                raise Unreadable(f"COURSEKIT_COURSE names {root}, and there is no exercises/course.yaml in it.")
            return cls(root.resolve())
        here = (start or Path.cwd()).resolve()
        installed = Path(__file__).parent / "course"
        for root in (here, *here.parents, installed):
            if (root / "exercises" / "course.yaml").is_file():
                return cls(root)
        raise Unreadable(
            f"No course was found: neither {here} nor a folder above it has exercises/course.yaml. "
            "Change to the course's folder, or name it in COURSEKIT_COURSE."
        )

    @cached_property
    def _about(self) -> dict[str, Node]:
        return read(self.root / "exercises" / "course.yaml", name="exercises/course.yaml").fields("id title", "release")

    @cached_property
    def about(self) -> dict[str, str]:
        """The course's id and title."""
        return {key: self._about[key].text for key in ("id", "title")}

    @property
    def id(self) -> str:
        """The id under which attempts are kept: it stays the same when the course is updated."""
        return self.about["id"]

    @cached_property
    def release(self) -> Release:
        """Which release of the course this is, and on what terms; submissions name its id. Raises `BadFile`."""
        return read_release(self._about["release"]) if "release" in self._about else Release()

    @cached_property
    def folders(self) -> tuple[str, ...]:
        """The topics, in order: the stems of the notebooks."""
        found = (path.name for path in (self.root / "exercises").iterdir() if path.is_dir())
        return tuple(sorted(name for name in found if _FOLDER.fullmatch(name)))

    def notebook_title(self, folder: str) -> str:
        """The heading of a topic's notebook, without its number."""
        return self._notebooks[folder][0]

    def shown(self, folder: str) -> tuple[str, ...]:
        """The exercises that a topic's notebook shows, in order."""
        return self._notebooks[folder][1]

    @cached_property
    def _notebooks(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        return {folder: self._read_notebook(folder) for folder in self.folders}

    def _read_notebook(self, folder: str) -> tuple[str, tuple[str, ...]]:
        """A notebook's title and the exercises that it shows, in order."""
        title = folder[3:].replace("_", " ").capitalize()
        try:
            cells = json.loads((self.root / "notebooks" / f"{folder}.ipynb").read_text(encoding="utf-8"))["cells"]
        except (OSError, ValueError, KeyError):
            return title, ()
        sources = [(cell.get("cell_type"), "".join(cell.get("source", ""))) for cell in cells]
        heads = (line.lstrip("# ") for kind, text in sources if kind == "markdown" for line in text.splitlines()[:1])
        title = re.sub(r"^\d\d\W+", "", next(heads, title)).strip() or title
        return title, tuple(name for kind, text in sources if kind == "code" for name in called(text))

    @cached_property
    def names(self) -> dict[str, str]:
        """Every exercise by name, with its folder, in course order: as the notebooks show them, then the rest."""
        table: dict[str, str] = {}
        for folder in self.folders:
            files = {path.stem for path in (self.root / "exercises" / folder).glob("*.yaml")}
            shown = [name for name in self.shown(folder) if name in files]
            for name in dict.fromkeys([*shown, *sorted(files)]):
                table.setdefault(name, folder)
        return table

    def _found(self, name: str) -> tuple[str, str]:
        """An exercise's folder and its own name; it may come with a folder before it. Raises `Unreadable`."""
        name = name.rpartition("/")[2]
        if name not in self.names:
            raise Unreadable(f"The course has no exercise “{name[:80]}”.{nearest(name, self.names)}")
        return self.names[name], name

    def exercise(self, name: str) -> Exercise:
        """The exercise of this name. Raises `Unreadable` with the nearest name for an unknown one."""
        exercise = self._fresh("exercises", name, read_exercise)
        if exercise is None:
            raise BadFile("exercises/{}/{}.yaml".format(*self._found(name)), 1, "The file is gone.")
        return exercise

    def solution(self, name: str) -> Solution | None:
        """The solution of this exercise, or None in a sealed course."""
        return self._fresh("solutions", name, lambda path: read_solution(path, self.exercise(name)))

    @cached_property
    def _read(self) -> dict[Path, tuple[tuple[int, int], object]]:
        return {}

    def _fresh(self, tree: str, name: str, reader: Callable) -> Any:
        """Read a file unless it was read before and has not changed since: authors edit while a kernel runs.

        None where there is no such file.
        """
        file = "{}/{}/{}.yaml".format(tree, *self._found(name))
        path = self.root / file
        try:
            stat = path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BadFile(file, 1, f"The file cannot be read: {error.strerror}.") from None
        stamp = (stat.st_mtime_ns, stat.st_size)
        if self._read.get(path, (None,))[0] != stamp:
            self._read[path] = (stamp, reader(path))
        return self._read[path][1]

    def exercises(self) -> list[Exercise]:
        """All exercises in course order."""
        return [self.exercise(name) for name in self.names]

    @cached_property
    def _inside(self) -> dict[str, list[str]]:
        """The exercises of each notebook, in order."""
        table: dict[str, list[str]] = {}
        for name, folder in self.names.items():
            table.setdefault(folder, []).append(name)
        return table

    def place(self, name: str) -> tuple[str, int, int]:
        """Where a learner stands: the notebook's title, the exercise's number in it, and how many there are."""
        folder, name = self._found(name)
        inside = self._inside[folder]
        return self.notebook_title(folder), inside.index(name) + 1, len(inside)

    def after(self, name: str) -> str | None:
        """The next exercise of the same notebook, if there is one."""
        folder, name = self._found(name)
        inside = self._inside[folder]
        rest = inside[inside.index(name) + 1 :]
        return rest[0] if rest else None
