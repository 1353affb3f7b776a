"""Choosing what goes into a file, checking what came out, and writing it in one step."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from ..course import Course
from ..model import Unreadable
from ..reading import nearest
from . import csv_rows, gift, jupyterquiz, moodle_xml, qti21
from .questions import LeftOut, Question, questions

FORMATS: dict[str, ModuleType] = {
    "qti21": qti21, "moodle-xml": moodle_xml, "gift": gift, "jupyterquiz": jupyterquiz, "csv": csv_rows,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Exported:
    """What came out: the file's bytes, the questions in it, and what was left out and why."""

    data: bytes
    questions: tuple[Question, ...]
    left_out: tuple[LeftOut, ...]


def named(course: Course, words: Iterable[str]) -> list[str]:
    """The exercises of these names, and all of a notebook by its name or number, in course order; `all` for every one."""
    picked: set[str] = set()
    for word in words:
        word = word.rpartition("/")[2].removesuffix(".yaml")
        folders = [f for f in course.folders if word == f or word.isdigit() and f.startswith(f"{word:0>2}_")]
        if word == "all":
            picked |= set(course.names)
        elif folders:
            picked |= {name for name, folder in course.names.items() if folder in folders}
        elif word in course.names:
            picked.add(word)
        else:
            raise Unreadable(
                f"The course has no exercise and no notebook “{word[:80]}”.{nearest(word, [*course.names, *course.folders])}"
            )
    return [name for name in course.names if name in picked]


def exported(to: str, course: Course, words: Sequence[str]) -> Exported:
    """The file for these exercises, checked: it reads back as it was meant. Raises `Unreadable` where it does not."""
    form = FORMATS[to]
    kept: list[Question] = []
    left: list[LeftOut] = []
    for name in named(course, words):
        made, drawn = questions(course, name)
        left += drawn
        for one in made:
            if out := form.fits(one):
                left.append(out)
            else:
                kept.append(one)
    if not kept:
        raise Unreadable(f"Nothing is left to write: {'; '.join(f'{one.what}: {one.why}' for one in left[:5])}.")
    data = form.write(kept, course.id)
    _check(form, data, kept)
    return Exported(data, tuple(kept), tuple(left))


def _check(form: ModuleType, data: bytes, kept: Sequence[Question]) -> None:
    seen = form.read(data)
    meant = [one for question in kept for one in form.meant(question)]
    for got, must in zip(seen, meant, strict=False):
        if got != must:
            parts = [
                part for part in ("id", "kind", "stem", "marks", "said") if getattr(got, part) != getattr(must, part)
            ]
            raise Unreadable(
                f"{must.id} would not arrive as it was meant ({', '.join(parts)}), and nothing was written. "
                "This is a fault of the export, not of the exercise; please tell its authors."
            )
    if len(seen) != len(meant):
        raise Unreadable(f"{len(meant)} questions were to arrive, and {len(seen)} would. Nothing was written.")


def place_of(out: Path, to: str, course: Course) -> Path:
    """The file to write: `out` itself, or in a folder a file of the course's name."""
    return out / f"{course.id}{FORMATS[to].SUFFIX}" if out.is_dir() or str(out).endswith("/") else out


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or as it was before. Raises `Unreadable` where it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".export-", delete=False) as file:
            file.write(data)
        os.chmod(file.name, 0o644)
        os.replace(file.name, path)
    except OSError as error:
        raise Unreadable(
            f"{path} cannot be written: {error.strerror or error}. Name another place with --out."
        ) from None
