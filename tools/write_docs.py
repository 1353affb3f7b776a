"""Write the pages of `docs/` that are made from the course itself.

.venv/bin/python tools/write_docs.py
"""

from __future__ import annotations

from pathlib import Path

from coursekit.book import Rulebook
from coursekit.course import Course
from coursekit.reading import Node, read

ROOT = Path(__file__).parents[1]

RULEBOOK = """# The rulebook

Every rule that the course applies, in its own words, with the place where it is written. Made from the rules by
`make docs`; do not edit it here. `coursekit rulebook 97124 --date 2018-05-02` prints the rules for a code on a date.

"""


COVERAGE = """# What the course covers

Every topic of the field, what a learner can do after it, and the exercises that test it. Made from `tools/coverage.yaml`
by `make docs`; do not edit it here. A form cannot judge writing. Where a topic asks for it, the learner recognizes,
repairs or orders given pieces instead, and the table says so.

| Topic | After it | Notebook | Exercises |
| --- | --- | --- | --- |
"""


def topics() -> list[dict[str, Node]]:
    """The topics of the field: `about`, `can`, `exercises`, and `instead` where a topic asks for writing. Raises `BadFile`."""
    rows = read(ROOT / "tools" / "coverage.yaml", name="tools/coverage.yaml").items
    return [row.fields("about can exercises", "instead") for row in rows]


def coverage(course: Course) -> str:
    """The table of topics, each with the notebooks of its exercises."""
    lines = []
    for row in topics():
        names = [node.one_of(course.names, "exercise") for node in row["exercises"].items]
        books = ", ".join(sorted({course.names[name][:2] for name in names}))
        can = row["can"].text + (f" *(In the exercises: {row['instead'].text})*" if "instead" in row else "")
        lines.append(f"| {row['about'].text} | {can} | {books} | {', '.join(f'`{name}`' for name in names)} |\n")
    return COVERAGE + "".join(lines)


def pages() -> dict[str, str]:
    """Each page that is made, with its text."""
    return {"rulebook.md": RULEBOOK + Rulebook().markdown(), "coverage.md": coverage(Course(ROOT))}


if __name__ == "__main__":
    for name, text in pages().items():
        (ROOT / "docs" / name).write_text(text, encoding="utf-8")
        print(f"docs/{name}")
