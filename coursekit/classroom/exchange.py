"""What instructors hand out and learners hand in, on the command line: `release` and `submit`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from ..course import Course
from ..model import Unreadable
from ..record import kept_in
from ..tables import many
from ..terms import PRACTICE, SEALED, Release, a_count_of_tries, a_day, a_seed, a_title, in_order
from ..verbs import FINE, Result
from .handing_in import work_of

T = TypeVar("T")


def release(args: argparse.Namespace) -> Result:
    """Make of the course what a class gets: one folder and one zip, sealed or for practice."""
    from .releasing import make

    if args.practice == args.sealed:
        raise Unreadable("Say which: --practice holds the solutions and grades at once, --sealed records answers.")
    named = Path(args.course).expanduser().resolve() if args.course else None
    if named and not (named / "exercises" / "course.yaml").is_file():
        raise Unreadable(f"There is no exercises/course.yaml in {named}. Name the folder of a course with --course.")
    terms = Release(
        kind=SEALED if args.sealed else PRACTICE,
        title=option("--title", args.title, a_title) or "",
        opens=option("--opens", args.opens, a_day),
        closes=option("--closes", args.closes, a_day),
        tries=option("--tries", args.tries, a_count_of_tries),
        seed=option("--seed", args.seed, a_seed),
    )
    in_order(terms.opens, terms.closes)
    course = Course(named) if named else Course.find()
    notebooks, exercises = (option(name, text, _words) or () for name, text in
                            (("--notebooks", args.notebooks), ("--exercises", args.exercises)))  # fmt: skip
    made = make(Path(args.dir), course, terms, notebooks, exercises)
    warning = ""
    if args.sealed and made.public:
        which = "these exercises" if len(made.public) == len(made.exercises) else ", ".join(made.public)
        warning = f"The solutions of {which} are public. For a graded test name a course of your own with --course."
    found = {
        "folder": str(made.folder), "zip": str(made.zip), "course": course.id, **asdict(made.release),
        "opens": terms.opens and str(terms.opens), "closes": terms.closes and str(terms.closes),
        "notebooks": list(made.notebooks), "exercises": list(made.exercises), "public": list(made.public),
        "files": made.files, "bytes": made.bytes, "warning": warning,
    }  # fmt: skip

    def show(to: Any) -> None:
        to.print(
            f"Release {made.release.id}, {made.release.kind}: {many(len(made.exercises), 'exercise')} in {made.folder}"
        )
        to.print(f"To hand out: {made.zip}, {made.bytes / 1e6:.1f} MB. It starts with: make lab")
        for what, said in terms.facts():
            to.print(f"{what}: {said}")
        if warning:
            to.print(f"! {warning}", style="bold yellow")

    return found, show, FINE


def option(name: str, text: str | None, read: Callable[[str], T]) -> T | None:
    """The value of an option, or None where it was not given. What its reader refuses is refused by name."""
    if text is None:
        return None
    try:
        return read(text)
    except Unreadable as error:
        raise Unreadable(f"{name}: {error}") from None


def _words(text: str) -> list[str]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words:
        raise Unreadable("It names nothing. Give names parted by commas, or leave it out.")
    return words


def submit(args: argparse.Namespace) -> Result:
    """Write your answers into one file to hand in."""
    course = Course.find()
    work = work_of(args.as_ or "", course, kept_in(course.id))
    out = Path(args.out or work.file)
    out = out / work.file if out.is_dir() else out
    try:
        out.write_text(work.text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise Unreadable(
            f"{out} cannot be written: {error.strerror or error}. Name another place with --out."
        ) from None
    found = {
        "file": str(out),
        "learner": work.learner,
        "course": course.id,
        "attempts": work.attempts,
        "bytes": out.stat().st_size,
    }

    def show(to: Any) -> None:
        to.print(
            f"{many(work.attempts, 'answer')} of {work.learner} {'is' if work.attempts == 1 else 'are'} in {out}. Hand in this file."
        )

    return found, show, FINE
