"""Opens the course in JupyterLab, in a folder where the learner's changes are at home."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from .course import Course
from .model import Unreadable

PACKAGE = Path(__file__).parent
FIRST = "00_start_here"
TREES = ("exercises", "solutions", "notebooks")


def open_lab(course: Course, folder: str | None, options: Sequence[str] = ()) -> int:
    """Start JupyterLab on the first notebook and stay until it ends; its exit status.

    With `folder`, in a copy of the course there. Raises `Unreadable` where that cannot be.
    """
    root = home(course, folder)
    if importlib.util.find_spec("jupyterlab") is None:
        raise Unreadable("JupyterLab is not installed. Run: pip install jupyterlab")
    command = [sys.executable, "-m", "jupyterlab", *arguments(root), *options]
    print(f"The course is at {root}. JupyterLab is starting; end it here with Ctrl+C.", flush=True)
    if os.name == "posix":
        # Ctrl+C and signals then belong to JupyterLab alone.
        os.chdir(root)
        return os.execv(command[0], command)
    return subprocess.run(command, cwd=root, check=False).returncode


def arguments(root: Path) -> list[str]:
    """What JupyterLab is told: the notebook to open, and how to open it on this machine."""
    notebooks = sorted((root / "notebooks").glob("*.ipynb"))
    if not notebooks:
        raise Unreadable(f"There is no notebook in {root / 'notebooks'}. Update the course, or name another folder.")
    first = next((path for path in notebooks if path.stem == FIRST), notebooks[0])
    told = [f"notebooks/{first.name}"]
    if getattr(os, "geteuid", lambda: 1)() == 0:
        told.append("--allow-root")
    if not _has_display():
        told.append("--no-browser")
    return told


def _has_display() -> bool:
    if sys.platform == "win32":
        return True
    if sys.platform == "darwin":
        return "SSH_CONNECTION" not in os.environ
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def home(course: Course, folder: str | None) -> Path:
    """The folder to work in: the course's own, or a copy of it in `folder`. Nothing is ever written over."""
    inside = course.root.is_relative_to(PACKAGE)
    if folder is None:
        if inside:
            raise Unreadable(
                "The course is inside the installed package, where an update would take your notebooks away. "
                "Name a folder of your own for it: coursekit lab --dir hands-on-coding"
            )
        return course.root
    place = Path(folder).expanduser().resolve()
    if (place / "exercises" / "course.yaml").is_file():
        return place
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise Unreadable(f"{place} is there already and holds something else. Name a new or empty folder.")
    try:
        place.mkdir(parents=True, exist_ok=True)
        for tree in TREES:
            if (course.root / tree).is_dir():
                shutil.copytree(course.root / tree, place / tree, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    except OSError as error:
        raise Unreadable(
            f"The course cannot be copied to {place}: {error.strerror or error}. Name another folder."
        ) from None
    return place
