"""Questions as GIFT, the plain text that Moodle and others read: choices, matching and numbers.

GIFT has no order, so a step is matched with its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape

from ..model import Unreadable
from .markup import paragraphs, stem_html, text_of
from .moodle_grades import adds_up, percent, share
from .questions import CHOOSE, MATCH, NUMBER, ORDER, SELECT, LeftOut, Question, Seen, plain, stem_text, told_after

SUFFIX = ".gift"

_CONTROL = re.compile(r"([\\~=#{}:])")


def fits(question: Question) -> LeftOut | None:
    """Why a question cannot be asked there, or None."""
    return adds_up(question)


def _guarded(text: str) -> str:
    """A text whose signs mean nothing to GIFT, on one line: a blank line would end the question."""
    return _CONTROL.sub(r"\\\1", text).replace("\n", "\\n")


def _html(text: str) -> str:
    # A percent sign in front would be a share of the mark.
    return _guarded(escape(text.strip(), quote=False).replace("%", "&#37;"))


def _place(text: str) -> str:
    """A target, which is plain text there: an arrow in it would part it once more."""
    return _guarded(plain(text).replace("->", "→"))


def _answers(question: Question) -> Iterator[str]:
    if number := question.number:
        yield f"={number.right:.10f}".rstrip("0").rstrip(".") + f":{number.tolerance:g} #{_html(number.says)}"
        for value, says in number.likely:
            yield f"=%0%{value:.10f}".rstrip("0").rstrip(".") + f":0 #{_html(says)}"
        return
    places = dict(question.targets)
    for n, option in enumerate(question.options, 1):
        if question.kind in (MATCH, ORDER):
            yield f"={_html(option.text)} -> {_place(places.get(option.place, str(n)))}"
        elif question.kind == CHOOSE:
            yield f"{'=' if option.right else '~'}{_html(option.text)} #{_html(option.says)}"
        else:
            yield f"~%{percent(share(question, option))}%{_html(option.text)} #{_html(option.says)}"
    used = {option.place for option in question.options}
    yield from (f"= -> {_place(text)}" for id, text in question.targets if id not in used)


def write(questions: Sequence[Question], course: str) -> bytes:
    """The file in UTF-8; the name of each question and its id stand before it."""
    blocks = [f"$CATEGORY: $course$/top/{course}\n"]
    for question in questions:
        after = _guarded(paragraphs(told_after(question)))
        lines = [*_answers(question), *([f"####{after}"] if after else [])]
        head = f"// [id:{question.id}]\n::{_guarded(question.title)}::[html]{_guarded(stem_html(question))}"
        blocks.append(f"{head}{{{'#' if question.number else ''}\n" + "\n".join(lines) + "\n}\n")
    return "\n".join(blocks).encode()


# Reading -------------------------------------------------------------------------------------------------------------

_ID = re.compile(r"// \[id:(.+)\]")
_HEAD = re.compile(r"::((?:[^:\\]|\\.)*)::\[html\]((?:[^{\\]|\\.)*)\{(#?)\n((?:[^}\\]|\\.)*)\n\}\s*")
_ANSWER = re.compile(r"([=~])(?:%(-?[\d.]+)%)?((?:[^#\\\n]|\\.)*)(?:#((?:[^#\\\n]|\\.)*))?")


def _freed(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text)


def _words(text: str) -> str:
    return text_of(_freed(text))


def read(data: bytes) -> list[Seen]:
    """What a reader of GIFT sees. Raises `Unreadable` where an unguarded sign breaks a question."""
    seen = []
    for block in data.decode().split("\n\n")[1:]:
        comment, _, rest = block.partition("\n")
        id, head = _ID.fullmatch(comment), _HEAD.fullmatch(rest)
        if not id or not head:
            raise Unreadable(f"A question does not read back from GIFT: {block[:80]}")
        lines = head[4].split("\n")
        after = _words(lines.pop()[4:]) if lines[-1].startswith("####") else ""
        found = [_ANSWER.fullmatch(line) for line in lines]
        if not all(found):
            raise Unreadable(f"{id[1]}: an answer does not read back from GIFT.")
        if head[3]:
            marks = [(one[3].strip(), one[2] or "100") for one in found]
            kind = NUMBER
        elif all(" -> " in one[3] for one in found):
            parted = [one[3].partition("-> ") for one in found]
            marks, kind = [(_words(text), plain(_freed(place))) for text, _, place in parted], MATCH
        else:
            kind = SELECT if all(one[2] for one in found) else CHOOSE
            marks = [(_words(one[3]), one[2] or {"=": "100", "~": "0"}[one[1]]) for one in found]
        said = [_words(one[4] or "") for one in found] if kind != MATCH else []
        seen.append(Seen(id[1], kind, _words(head[2]), tuple(marks), (*said, after)))
    return seen


def meant(question: Question) -> list[Seen]:
    """What a reader of the file must see; an order reads as a matching."""
    after, kind = plain(" ".join(told_after(question))), question.kind
    said = [plain(option.says) for option in question.options]
    if number := question.number:
        marks = [
            (f"{number.right:.10g}:{number.tolerance:g}", "100"),
            *((f"{v:.10g}:0", "0") for v, _ in number.likely),
        ]
        said = [plain(number.says), *(plain(says) for _, says in number.likely)]
    elif kind in (MATCH, ORDER):
        places, used = dict(question.targets), {option.place for option in question.options}
        marks = [
            (plain(option.text), plain(places.get(option.place, str(n))).replace("->", "→"))
            for n, option in enumerate(question.options, 1)
        ]
        marks += [("", plain(text).replace("->", "→")) for id, text in question.targets if id not in used]
        said, kind = [], MATCH
    else:
        marks = [(plain(option.text), percent(share(question, option))) for option in question.options]
    return [Seen(question.id, kind, stem_text(question), tuple(marks), (*said, after))]
