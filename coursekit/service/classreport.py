"""Writes the class report to standard output: a process of its own, so that grading a class holds up no learner."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ..classroom.report import ClassReport
from ..classroom.room import room
from ..course import Course


def written() -> str:
    """The report of all attempts in the database, graded with the keys under the terms of the release."""
    terms = Course(Path(os.environ["COURSEKIT_RELEASE"])).release
    url = os.environ["COURSEKIT_ATTEMPTS"].replace("postgresql://", "postgresql+psycopg://", 1)
    return ClassReport(room(url, Course(Path(os.environ["COURSEKIT_KEYS"])), terms.tries, closes=terms.closes)).page()


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.write(written())
