"""What instructors and their learners do on the command line: one verb, one function, in the manner of the other verbs."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .. import record
from ..course import Course
from ..model import Unreadable
from ..store import Store, now
from ..verbs import FINE, WRONG, Result
from .submission import SUFFIX, written


@contextmanager
def _bar(text: str, quiet: bool) -> Iterator[Any]:
    """A sign of progress on standard error, where somebody is looking."""
    from ..terminal import console

    out = console(stderr=True)
    if quiet or not out.is_terminal:
        yield lambda done: None
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description} {task.completed:,.0f} files"), TimeElapsedColumn())
    with Progress(*columns, console=out, transient=True) as bar:
        task = bar.add_task(text, total=None)
        yield lambda done: bar.update(task, completed=done)


def submit(args: argparse.Namespace) -> Result:
    """Write your answers into one file to hand in."""
    course = Course.find()
    store = Store(course_id=course.id)
    learner = args.as_ or record.who()
    if not learner:
        raise Unreadable("Nobody is named yet. Say who you are: coursekit submit --as NAME")
    # A name given here stands for the answers of this account that had no name yet, as in a notebook.
    attempts = store.attempts(learner) + ([] if args.as_ and record.who() not in ("", learner) else store.attempts(""))
    if not attempts:
        known = ", ".join(filter(None, store.learners())) or "nobody"
        raise Unreadable(f"There are no answers of {learner} in {store.where}. Answers there are of: {known}.")
    out = Path(args.out or f"{_file_name(learner)}-{course.id}{SUFFIX}")
    text = "\n".join(written(learner, course.id, course.release, attempts, now())) + "\n"
    try:
        out.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise Unreadable(
            f"{out} cannot be written: {error.strerror or error}. Name another place with --out."
        ) from None
    found = {
        "file": str(out),
        "learner": learner,
        "course": course.id,
        "attempts": len(attempts),
        "bytes": out.stat().st_size,
    }

    def show(to: Any) -> None:
        to.print(f"{len(attempts):,} answers of {learner} are in {out}. Hand in this file.")

    return found, show, FINE


def _file_name(learner: str) -> str:
    kept = "".join(letter if letter.isalnum() else "-" for letter in learner)
    return kept.strip("-")[:60] or "learner"


def grade_all(args: argparse.Namespace) -> Result:
    """Grade a folder of submissions, or a database, without running anyone's code."""
    from .room import room
    from .sheets import write_all

    course = Course.find()
    with _bar("Grading", args.json) as tick:
        graded = room(args.folder, course, args.tries, tick)
    out = Path(args.out)
    files = write_all(out, graded.marks, graded.collection, graded.sizes)
    refused = graded.collection.refused
    doubts = {who: said for who, said in graded.collection.doubts.items() if said}
    found = {
        "learners": len(graded.learners),
        "rows": len(graded.marks),
        "refused": [asdict(one) for one in refused],
        "doubts": doubts,
        "files": [str(path) for path in files],
    }

    def show(to: Any) -> None:
        to.print(f"{len(graded.learners):,} learners, {len(graded.marks):,} rows: {out}")
        for one in refused[:20]:
            to.print(f"✗ {one.file}: {one.says}")
        for who, said in list(doubts.items())[:20]:
            to.print(f"? {who}: {'; '.join(said)}")
        more = max(len(refused) - 20, 0) + max(len(doubts) - 20, 0)
        if more:
            to.print(f"{more} more in {out / 'problems.csv'}")

    return found, show, WRONG if refused or doubts else FINE


def regrade(args: argparse.Namespace) -> Result:
    """Grade again and print each mark that moved since an earlier marks.csv."""
    from .regrading import moved, read_marks
    from .room import room

    earlier = read_marks(Path(args.against))
    with _bar("Grading", args.json) as tick:
        graded = room(args.folder, Course.find(), args.tries, tick)
    rows = list(moved(earlier, graded.marks))

    def show(to: Any) -> None:
        from ..terminal import table

        if not rows:
            to.print("No mark moved.")
            return
        keys = ("learner", "exercise", "column", "before", "after", "why")
        to.print(table(keys, ([getattr(row, key) for key in keys] for row in rows)))

    return {"moved": [asdict(row) for row in rows]}, show, WRONG if rows else FINE


def add_verbs(verb: Any) -> None:
    """Tell the command line of these verbs."""
    folder = ("folder", {"metavar": "FOLDER", "help": "a folder of submissions in any nesting, or a database URL"})
    tries = ("--tries", {"type": _whole, "metavar": "N", "help": "count only the first N tries of each question"})
    verb(
        submit,
        (
            "--as",
            {"dest": "as_", "metavar": "NAME", "help": "on a shared machine: whose answers", "type": record.a_name},
        ),
        ("--out", {"metavar": "FILE", "help": f"where to write it (default: NAME-COURSE{SUFFIX} here)"}),
    )
    verb(grade_all, folder, ("--out", {"required": True, "metavar": "DIR", "help": "a folder for the tables"}), tries)
    verb(
        regrade,
        folder,
        ("--against", {"required": True, "metavar": "CSV", "help": "the marks.csv given out before"}),
        tries,
    )


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:4]) <= 1000:
        raise argparse.ArgumentTypeError(f"“{text[:20]}” is not a whole number from 1 to 1000")
    return int(text)
