"""Questions as Moodle XML, in Moodle's own types: multichoice, matching, ordering and numerical.

Matching and ordering take no feedback for each row there, so it is told after the answer.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence

from ..model import Unreadable
from .markup import paragraphs, stem_html, text_of
from .moodle_grades import adds_up, percent, share
from .questions import CHOOSE, MATCH, NUMBER, ORDER, SELECT, LeftOut, Question, Seen, plain, stem_text, told_after

SUFFIX = ".xml"
TYPES = {CHOOSE: "multichoice", SELECT: "multichoice", MATCH: "matching", ORDER: "ordering", NUMBER: "numerical"}


def fits(question: Question) -> LeftOut | None:
    """Why a question cannot be asked there, or None."""
    return adds_up(question)


def _put(to: ET.Element, tag: str, value: object = "", **attributes: str) -> ET.Element:
    new = ET.SubElement(to, tag, attributes)
    new.text = str(value)
    return new


def _text(to: ET.Element, tag: str, text: str, **attributes: str) -> ET.Element:
    new = ET.SubElement(to, tag, attributes)
    ET.SubElement(new, "text").text = text
    return new


def _picked(question: Question, to: ET.Element) -> None:
    _put(to, "single", "true" if question.kind == CHOOSE else "false")
    # Pieces of a note are read in its order.
    _put(to, "shuffleanswers", "false" if question.form == "support" else "true")
    _put(to, "answernumbering", "none")
    for option in question.options:
        answer = _text(
            to, "answer", paragraphs([option.text]), fraction=percent(share(question, option)), format="html"
        )
        _text(answer, "feedback", paragraphs([option.says]), format="html")


def _matched(question: Question, to: ET.Element) -> None:
    _put(to, "shuffleanswers", "true")
    places, used = dict(question.targets), {option.place for option in question.options}
    rows = [(paragraphs([option.text]), places[option.place]) for option in question.options]
    # A target that no row belongs to is offered all the same.
    rows += [("", text) for id, text in question.targets if id not in used]
    for shown, place in rows:
        _text(_text(to, "subquestion", shown, format="html"), "answer", place)


def _ordered(question: Question, to: ET.Element) -> None:
    # A step counts where the right one follows it, as in the course itself.
    for tag, value in {
        "layouttype": "VERTICAL", "selecttype": "ALL", "selectcount": 0, "gradingtype": "RELATIVE_NEXT_EXCLUDE_LAST",
        "showgrading": "SHOW", "numberingstyle": "none",
    }.items():  # fmt: skip
        _put(to, tag, value)
    for n, option in enumerate(question.options, 1):
        _text(to, "answer", paragraphs([option.text]), fraction=f"{n}", format="html")


def _numeric(question: Question, to: ET.Element) -> None:
    number = question.number
    for value, tolerance, fraction, says in (
        (number.right, number.tolerance, "100", number.says), *((v, 0, "0", s) for v, s in number.likely)
    ):  # fmt: skip
        answer = _text(to, "answer", f"{value:.10g}", fraction=fraction, format="moodle_auto_format")
        _text(answer, "feedback", paragraphs([says]), format="html")
        _put(answer, "tolerance", f"{tolerance:g}")


_PARTS: dict[str, Callable[[Question, ET.Element], None]] = {
    CHOOSE: _picked, SELECT: _picked, MATCH: _matched, ORDER: _ordered, NUMBER: _numeric,
}  # fmt: skip


def write(questions: Sequence[Question], course: str) -> bytes:
    """The file; Moodle puts the questions into a category of the course's name."""
    quiz = ET.Element("quiz")
    category = ET.SubElement(quiz, "question", type="category")
    _text(category, "category", f"$course$/top/{course}")
    for question in questions:
        one = ET.SubElement(quiz, "question", type=TYPES[question.kind])
        _text(one, "name", question.title)
        _text(one, "questiontext", stem_html(question), format="html")
        _text(one, "generalfeedback", paragraphs(told_after(question)), format="html")
        _put(one, "defaultgrade", "1.0")
        _put(one, "penalty", "0.0")
        _put(one, "hidden", "0")
        _put(one, "idnumber", question.id)
        _PARTS[question.kind](question, one)
    ET.indent(quiz, " ")
    return ET.tostring(quiz, encoding="utf-8", xml_declaration=True)


def _said(element: ET.Element | None) -> str:
    return text_of((element.findtext("text") or "") if element is not None else "")


def read(data: bytes) -> list[Seen]:
    """What Moodle's importer reads. Raises `Unreadable` for a share of a mark that it does not know."""
    kinds = {"matching": MATCH, "ordering": ORDER, "numerical": NUMBER}
    seen = []
    for one in ET.fromstring(data).findall("question"):
        if one.get("type") == "category":
            continue
        id, answers = one.findtext("idnumber", ""), one.findall("answer")
        fractions = [float(answer.get("fraction", "0")) for answer in answers]
        if one.get("type") == "multichoice" and abs(sum(f for f in fractions if f > 0) - 100) > 0.001:
            raise Unreadable(
                f"{id}: the right answers come to {sum(f for f in fractions if f > 0)} percent, not to 100."
            )
        kind = kinds.get(one.get("type", "")) or (CHOOSE if one.findtext("single") == "true" else SELECT)
        if kind == MATCH:
            rows = one.findall("subquestion")
            marks = tuple((_said(row), plain(row.findtext("answer/text", ""))) for row in rows)
        else:
            marks = tuple((_said(answer), answer.get("fraction", "")) for answer in answers)
        said = (*(_said(answer.find("feedback")) for answer in answers), _said(one.find("generalfeedback")))
        seen.append(Seen(id, kind, _said(one.find("questiontext")), marks, said))
    return seen


def meant(question: Question) -> list[Seen]:
    """What a reader of the file must see."""
    after, said = plain(" ".join(told_after(question))), [plain(option.says) for option in question.options]
    if number := question.number:
        marks = [(f"{number.right:.10g}", "100"), *((f"{value:.10g}", "0") for value, _ in number.likely)]
        said = [plain(number.says), *(plain(says) for _, says in number.likely)]
    elif question.kind == MATCH:
        places, used = dict(question.targets), {option.place for option in question.options}
        marks = [(plain(option.text), plain(places[option.place])) for option in question.options]
        marks += [("", plain(text)) for id, text in question.targets if id not in used]
        said = []
    elif question.kind == ORDER:
        marks, said = [(plain(o.text), str(n)) for n, o in enumerate(question.options, 1)], [""] * len(question.options)
    else:
        marks = [(plain(option.text), percent(share(question, option))) for option in question.options]
    return [Seen(question.id, question.kind, stem_text(question), tuple(marks), (*said, after))]
