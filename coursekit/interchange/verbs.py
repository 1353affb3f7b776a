"""`coursekit export`: exercises as a file for another system's question bank."""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..course import Course
from ..verbs import FINE, Result

FORMATS = ("qti21", "moodle-xml", "gift", "jupyterquiz", "csv")
MOST_SHOWN = 20


def export(args: argparse.Namespace) -> Result:
    """Write exercises as questions for another system: QTI 2.1, Moodle XML, GIFT, JupyterQuiz or CSV."""
    from .exporting import exported, place_of, write_whole

    course = Course.find()
    made = exported(args.to, course, args.names)
    path = place_of(Path(args.out), args.to, course)
    write_whole(path, made.data)
    exercises = len({one.exercise for one in made.questions})
    found = {
        "file": str(path),
        "format": args.to,
        "exercises": exercises,
        "questions": len(made.questions),
        "kinds": dict(Counter(one.kind for one in made.questions)),
        "left_out": [asdict(one) for one in made.left_out],
        "bytes": len(made.data),
    }

    def counted(n: int, what: str) -> str:
        return f"{n:,} {what}{'s' * (n != 1)}"

    def show(to: Any) -> None:
        to.print(f"{counted(exercises, 'exercise')}, {counted(len(made.questions), 'question')}: {path}")
        to.print("The file holds the answers. It is for your question bank, not for your learners.")
        for one in made.left_out[:MOST_SHOWN]:
            to.print(f"Left out: {one.what}: {one.why}.")
        if (more := len(made.left_out) - MOST_SHOWN) > 0:
            to.print(f"Left out besides: {more:,}. --json names them all.")

    return found, show, FINE


def add_verbs(verb: Any) -> None:
    """Tell the command line of this verb."""
    verb(
        export,
        ("names", {"nargs": "+", "metavar": "NAME", "help": "exercises, notebooks by name or number (03), or: all"}),
        ("--to", {"required": True, "choices": FORMATS, "help": "the format to write"}),
        (
            "--out",
            {"required": True, "metavar": "FILE", "help": "where to write it; in a folder, under the course's id"},
        ),
    )
