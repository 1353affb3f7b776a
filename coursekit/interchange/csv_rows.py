"""Questions as rows for a spreadsheet: one row for each option, and one for a number."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import groupby

from ..classroom.sheets import safe
from .questions import MATCH, ORDER, LeftOut, Question, Seen, mark_of, plain

SUFFIX = ".csv"
HEAD = ("question", "exercise", "form", "kind", "title", "stem", "ask", "option", "right", "feedback", "why")


def fits(question: Question) -> LeftOut | None:
    """Rows hold every question."""
    return None


def _rows(question: Question) -> Iterator[tuple[str, str, str]]:
    if question.number:
        number = question.number
        within = f" within {number.tolerance:g}" if number.tolerance else ""
        yield f"{number.right:g}{within} {number.unit}", "yes", number.says
        yield from ((f"{value:g} {number.unit}", "no", says) for value, says in number.likely)
        return
    places = dict(question.targets)
    for n, option in enumerate(question.options, 1):
        right = {MATCH: places.get(option.place, ""), ORDER: str(n)}.get(question.kind, mark_of(option))
        yield option.text, right, option.says


def _stem(question: Question) -> str:
    return "\n\n".join(f"{head}\n{text}" if head else text for head, text in question.stem)


def write(questions: Sequence[Question], course: str) -> bytes:
    """The file, in UTF-8 with the mark that makes spreadsheets read it so. No cell starts a formula."""
    out = io.StringIO(newline="")
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(HEAD)
    for one in questions:
        shared = (one.id, one.exercise, one.form, one.kind, one.title, _stem(one), one.ask)
        why = "\n".join(one.why)
        rows.writerows([safe(cell) for cell in (*shared, *row, why)] for row in _rows(one))
    return out.getvalue().encode("utf-8-sig")


def read(data: bytes) -> list[Seen]:
    """What the rows say, question by question."""
    rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    seen = []
    for id, group in groupby(rows, key=lambda row: row["question"]):
        mine = list(group)
        first = mine[0]
        marks = tuple((plain(row["option"]), plain(row["right"])) for row in mine)
        said = (*(plain(row["feedback"]) for row in mine), plain(first["why"]))
        seen.append(Seen(id, first["kind"], plain(f"{first['stem']} {first['ask']}"), marks, said))
    return seen


def meant(question: Question) -> list[Seen]:
    """What a reader of the rows must see."""
    marks = tuple((plain(safe(text)), plain(safe(right))) for text, right, _ in _rows(question))
    said = (*(plain(safe(says)) for *_, says in _rows(question)), plain(safe("\n".join(question.why))))
    return [Seen(question.id, question.kind, plain(f"{safe(_stem(question))} {safe(question.ask)}"), marks, said)]
