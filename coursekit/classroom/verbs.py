"""What instructors and their learners do on the command line: one verb, one function, in the manner of the other verbs."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date as Date
from pathlib import Path
from typing import Any

from .. import record
from ..course import Course
from ..model import Unreadable
from ..tables import many
from ..terms import a_day
from ..verbs import FINE, WRONG, Result
from .exchange import option, release, submit
from .submission import SUFFIX
from .unpacking import plain


@contextmanager
def _bar(quiet: bool) -> Iterator[Any]:
    """A progress bar on standard error, where somebody is looking: what is being done, and how far it is."""
    from ..terminal import console

    out = console(stderr=True)
    if quiet or not out.is_terminal:
        yield lambda what, done, of: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description} {task.completed:,.0f}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out, transient=True) as bar:
        task = bar.add_task("Reading", total=None)
        yield lambda what, done, of: bar.update(task, description=what, completed=done, total=of)


def _source(args: argparse.Namespace) -> str:
    """What to grade. A database may stay out of the command line, where others can read its password."""
    named = args.folder or os.environ.get("COURSEKIT_STORE", "").strip()
    if not named:
        raise Unreadable(
            "Say what to grade: a folder of submissions, a Parquet table, or a database in COURSEKIT_STORE."
        )
    return named


def grade_all(args: argparse.Namespace) -> Result:
    """Grade a folder of submissions, or a database, without running anyone's code."""
    from .room import room
    from .sheets import write_all

    course, out, closes = Course.find(), Path(args.out), option("--closes", args.closes, a_day)
    if args.engine == "dask":
        return _grade_on_cluster(args, course, out, closes)
    with _bar(args.json) as tick:
        graded = room(_source(args), course, args.tries, tick, closes)
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
        to.print(f"{many(len(graded.learners), 'learner')}, {many(len(graded.marks), 'row')}: {out}")
        for one in refused[:20]:
            to.print(f"✗ {one.file}: {one.says}")
        for who, said in list(doubts.items())[:20]:
            to.print(f"? {plain(who)}: {'; '.join(said)}")
        more = max(len(refused) - 20, 0) + max(len(doubts) - 20, 0)
        if more:
            to.print(f"{more} more in {out / 'problems.csv'}")

    return found, show, WRONG if refused or doubts else FINE


def _grade_on_cluster(args: argparse.Namespace, course: Course, out: Path, closes: Date | None) -> Result:
    from .scale import graded_on_cluster

    learners, rows = graded_on_cluster(_source(args), course, out, args.tries, closes, args.cluster or "")
    files = [str(out / name) for name in ("marks.csv", "marks.parquet")]
    found = {"learners": learners, "rows": rows, "refused": [], "doubts": {}, "files": files}
    return found, lambda to: to.print(f"{many(learners, 'learner')}, {many(rows, 'row')}: {out}"), FINE


def regrade(args: argparse.Namespace) -> Result:
    """Grade again and print each mark that moved since an earlier marks.csv."""
    from .regrading import moved, read_marks, reworded
    from .room import room

    earlier = read_marks(Path(args.against))
    with _bar(args.json) as tick:
        graded = room(_source(args), Course.find(), args.tries, tick)
    rows, other = ([asdict(row) for row in found] for found in (moved(earlier, graded.marks), reworded(graded)))

    def show(to: Any) -> None:
        if rows:
            to.print(_plain_table(rows))
        else:
            to.print("No mark moved.")
        if other:
            to.print("\nAnswers to an earlier wording, and how many of them can be graded still:")
            to.print(_plain_table(other))

    return {"moved": rows, "reworded": other}, show, WRONG if rows else FINE


def _plain_table(rows: list[dict[str, Any]]) -> Any:
    from ..terminal import table

    # A database may hold names that nobody has looked at.
    return table(list(rows[0]), [[plain(one) if isinstance(one, str) else one for one in row.values()] for row in rows])


def report(args: argparse.Namespace) -> Result:
    """Write what a class shows, or one learner's own page, as one HTML file that needs no network."""
    from .report import ClassReport
    from .room import room

    course = Course.find()
    with _bar(args.json) as tick:
        graded = room(_source(args), course, args.tries, tick)
    seen, out = ClassReport(graded), Path(args.out)
    text = seen.learner_page(args.learner) if args.learner else seen.page()
    try:
        out.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise Unreadable(
            f"{out} cannot be written: {error.strerror or error}. Name another place with --out."
        ) from None
    refused, doubts = graded.collection.refused, sum(bool(said) for said in graded.collection.doubts.values())
    found = {
        "file": str(out),
        "learners": len(graded.learners),
        "exercises": len(seen.items),
        "answers": seen.answers,
        "refused": len(refused),
        "doubts": doubts,
        "disputes": sum(map(len, seen.disputes.values())),
        "bytes": out.stat().st_size,
    }

    def show(to: Any) -> None:
        to.print(f"{many(found['learners'], 'learner')}, {many(found['answers'], 'answer')}: {out}")
        if refused or doubts:
            to.print(f"Files refused: {len(refused):,}. Learners with a doubt: {doubts:,}. The report says why.")

    return found, show, FINE


def prepare_database(args: argparse.Namespace) -> Result:
    """Make a PostgreSQL database ready for a class: the table, and who may write and read what."""
    from .database import prepare

    url = args.url or os.environ.get("COURSEKIT_STORE", "").strip()
    if not url:
        raise Unreadable(
            "Say which database: postgresql+psycopg://OWNER:PASSWORD@HOST/DATABASE, here or in COURSEKIT_STORE."
        )
    learners = [name.strip() for name in args.learners.split(",") if name.strip()]
    done = prepare(url, Course.find().id, args.writer, learners)

    def show(to: Any) -> None:
        for said in done:
            to.print(f"✓ {said}")

    return {"done": done}, show, FINE


def add_verbs(verb: Any) -> None:
    """Tell the command line of these verbs."""
    folder = (
        "folder",
        {
            "nargs": "?",
            "metavar": "FOLDER",
            "help": "a folder of submissions in any nesting, a Parquet table, or a database URL (default: COURSEKIT_STORE)",
        },
    )
    tries = ("--tries", {"type": _whole, "metavar": "N", "help": "count only the first N tries of each question"})
    date = "such as 2026-09-30"
    verb(
        release,
        ("dir", {"metavar": "DIR", "help": "a new folder; its zip is written beside it"}),
        ("--practice", {"action": "store_true", "help": "with the solutions: answers are graded at once"}),
        ("--sealed", {"action": "store_true", "help": "without the solutions: answers are recorded"}),
        ("--course", {"metavar": "DIR", "help": "a course of your own (default: the one found from here)"}),
        ("--notebooks", {"metavar": "LIST", "help": "numbers or names, parted by commas: 02,03 (default: all)"}),
        ("--exercises", {"metavar": "LIST", "help": "names, parted by commas (default: all of the notebooks)"}),
        ("--title", {"metavar": "TITLE", "help": "what the class reads at the top"}),
        ("--opens", {"metavar": "DATE", "help": f"the first day on which answers are taken, {date}"}),
        ("--closes", {"metavar": "DATE", "help": f"the last day, {date}; later answers are kept, and named late"}),
        ("--tries", {"metavar": "N", "help": "how many tries each question takes (default: any number)"}),
        ("--seed", {"metavar": "N", "help": "mix options, cards and steps for each learner, by this number"}),
    )
    verb(
        submit,
        (
            "--as",
            {"dest": "as_", "metavar": "NAME", "help": "on a shared machine: whose answers", "type": record.a_name},
        ),
        ("--out", {"metavar": "FILE", "help": f"where to write it (default: NAME-COURSE{SUFFIX} here)"}),
    )
    verb(
        grade_all,
        folder,
        ("--out", {"required": True, "metavar": "DIR", "help": "a folder for the tables"}),
        tries,
        ("--closes", {"metavar": "DATE", "help": "the last day; answers after it are counted as late"}),
        (
            "--engine",
            {"choices": ("local", "dask"), "default": "local", "help": "dask: in parts on a cluster (very large sets)"},
        ),
        ("--cluster", {"metavar": "ADDRESS", "help": "a Dask scheduler, tcp://host:8786 (default: this machine)"}),
    )
    verb(
        regrade,
        folder,
        ("--against", {"required": True, "metavar": "CSV", "help": "the marks.csv given out before"}),
        tries,
    )
    verb(
        report,
        folder,
        ("--out", {"required": True, "metavar": "HTML", "help": "where to write the page"}),
        tries,
        ("--learner", {"metavar": "NAME", "help": "write this learner's own page alone, for handing out"}),
    )
    verb(
        prepare_database,
        ("url", {"nargs": "?", "metavar": "URL", "help": "the database, as its owner (default: COURSEKIT_STORE)"}),
        ("--writer", {"default": "", "metavar": "ROLE", "help": "a role that adds rows for everybody, and reads none"}),
        ("--learners", {"default": "", "metavar": "LIST", "help": "roles that write and read their own rows: ada,ben"}),
    )


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:4]) <= 1000:
        raise argparse.ArgumentTypeError(f"“{text[:20]}” is not a whole number from 1 to 1000")
    return int(text)
