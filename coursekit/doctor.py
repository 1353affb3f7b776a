"""Whether everything is in place: each check in one line, with what to do where it is not."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import sys
import webbrowser
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from . import tables
from .course import Course
from .grader import Grader
from .model import Unreadable
from .record import StoreTrouble, kept_in, who
from .store import THIS_COURSE
from .terms import FULL

OLDEST_PYTHON = (3, 11)
BROWSERS = ("chromium", "google-chrome", "firefox", "microsoft-edge", "safari", "xdg-open", "open")


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, whether it is fine (None: fine without), and what was found or is to be done."""

    what: str
    ok: bool | None
    says: str


def look_over() -> Iterator[Check]:
    """Every check, in the order in which one would mend things. None takes long and none changes the course."""
    for look in (_python, _packages, _course, _tables, _learner, _store, _jupyter, _browser):
        yield look()


def _python() -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    fine = sys.version_info[:2] >= OLDEST_PYTHON
    wanted = (
        ""
        if fine
        else f"; the course needs {'.'.join(map(str, OLDEST_PYTHON))} or later: install it, and the course with it"
    )
    return Check("Python", fine, f"{found} at {sys.executable}{wanted}")


def _packages() -> Check:
    try:
        wanted = importlib.metadata.requires("coursekit") or []
    except importlib.metadata.PackageNotFoundError:
        return Check(
            "Packages", False, "coursekit is not installed here. Run: pip install -e . in the course's folder."
        )
    names = [re.split(r"[^A-Za-z0-9_.-]", line, maxsplit=1)[0] for line in wanted if "extra ==" not in line]
    missing = [name for name in names if not _version(name)]
    if missing:
        return Check("Packages", False, f"missing: {', '.join(missing)}. Run: pip install {' '.join(missing)}")
    return Check("Packages", True, ", ".join(f"{name} {_version(name)}" for name in names))


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _course() -> Check:
    try:
        course = Course.find()
        count = len(course.names)
        sealed = "" if (course.root / "solutions").is_dir() else ", sealed: answers are recorded, not graded"
        release = f", release {course.release.id}" if course.release.kind != FULL else ""
        return Check(
            "Course", count > 0, f"{course.about['title']} at {course.root}, {count} exercises{sealed}{release}"
        )
    except Unreadable as error:
        return Check("Course", False, str(error))


def _tables() -> Check:
    read: tuple[Callable[[], object], ...] = (
        tables.sources, tables.codes, tables.modifiers, tables.techniques, tables.regions, tables.providers,
        tables.payers, tables.skills, tables.edits,
    )  # fmt: skip
    try:
        counts = [f"{len(table())} {table.__name__}" for table in read]
    except (Unreadable, OSError, ValueError, KeyError) as error:
        return Check("Tables", False, f"{error}. Mend the file, or install coursekit again.")
    return Check("Tables", True, ", ".join(counts))


def _learner() -> Check:
    try:
        name = who()
    except StoreTrouble as error:
        return Check("Learner", False, str(error))
    return Check("Learner", True if name else None, name or "not named yet; the first exercise asks")


def _store() -> Check:
    try:
        course_id = Course.find().id
    except Unreadable:
        course_id = THIS_COURSE
    try:
        kept = kept_in(course_id)
        if isinstance(kept, Grader):
            kept.attempts(who())
            return Check("Store", True, f"answers go to the grading service at {kept.address}")
        try:
            kept.probe()
        finally:
            kept.close()
    except StoreTrouble as error:
        return Check("Store", False, str(error))
    return Check("Store", True, f"answers are kept in {kept.where}")


def _jupyter() -> Check:
    try:
        from jupyter_core.paths import jupyter_config_path
    except ImportError:
        return Check("Jupyter", False, "not installed. Run: pip install jupyterlab")
    for folder in jupyter_config_path():
        for place in (Path(folder) / "jupyter_server_config.d").glob("*.json"):
            try:
                if "coursekit.forms.saving" in place.read_text("utf-8"):
                    return Check("Jupyter", True, f"saves forms as plain text, by {place}")
            except (OSError, ValueError):
                continue
    return Check(
        "Jupyter", False, "saved notebooks would show dead forms. "
        "Run: jupyter server extension enable coursekit.forms.saving --sys-prefix",
    )  # fmt: skip


def _browser() -> Check:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), "")
    if not found:
        try:
            found = webbrowser.get().__class__.__name__
        except webbrowser.Error:
            return Check("Browser", None, "none here; coursekit lab prints an address to open in a browser elsewhere")
    return Check("Browser", True, found)
