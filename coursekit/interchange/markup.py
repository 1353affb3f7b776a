"""Questions as HTML that is XML too, with every sign escaped, and HTML as plain text again."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from html.parser import HTMLParser

from .questions import Question, plain

# Columns of a small table stand under each other by their spaces.
_COLUMNS = re.compile(r"\S {2,}\S")


def paragraph(text: str) -> str:
    """A paragraph that keeps its line breaks; in columns where the text stands in columns."""
    if _COLUMNS.search(text):
        return f"<pre>{escape(text, quote=False)}</pre>"
    return (
        "<p>" + "<br/>".join(escape(line.strip(), quote=False) for line in text.splitlines() if line.strip()) + "</p>"
    )


def paragraphs(texts: Iterable[str]) -> str:
    """Texts parted by blank lines, each a paragraph."""
    return "".join(paragraph(part) for text in texts for part in re.split(r"\n\s*\n", text) if part.strip())


def stem_html(question: Question, ask: bool = True) -> str:
    """The stem with its headings, and what is asked."""
    blocks = [
        f"<p><strong>{escape(head, quote=False)}</strong></p>" * bool(head) + paragraphs([text])
        for head, text in question.stem
    ]
    return "".join(blocks) + (f"<p><strong>{escape(question.ask, quote=False)}</strong></p>" if ask else "")


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        # Where one line or paragraph ends, so does a word.
        self.words.append(" ")

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def text_of(html: str) -> str:
    """The words of a piece of HTML."""
    reader = _Words()
    reader.feed(html)
    reader.close()
    return plain("".join(reader.words))
