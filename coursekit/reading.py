"""Strict YAML: every scalar is text, every key is expected, every complaint names file and line.

The course's files are data written by people and, later, sent in by strangers. So the reader takes events from the
parser and builds the tree itself: no tags, anchors or aliases, no duplicate keys, and limits on size and depth. The C
parser and the pure Python one then agree, which a browser without the C part relies on.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from .model import Unreadable

MOST_BYTES = 256 * 1024
MOST_DEPTH = 10
MOST_NODES = 20_000

# A closed list this short is told in full where no word of it is near.
FEW = 12

# What the two parsers complain about in words of their own, and what to do about it.
MENDS = {
    "mapping values are not allowed": "A text with a colon and a space in it needs quotation marks around it.",
    "tab": "Indent with spaces, not with tabs.",
    "\\t": "Indent with spaces, not with tabs.",
}

LOADERS = tuple(loader for name in ("CSafeLoader", "SafeLoader") if (loader := getattr(yaml, name, None)))


class BadFile(Unreadable):
    """A file that breaks the format: which file, which line, what is wrong, what to do."""

    def __init__(self, file: str, line: int, says: str):
        super().__init__(f"{file}, line {line}: {says}")
        self.file, self.line, self.says = file, line, says


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint such as ` Did you mean “cervical”?`, or nothing where no known word is near."""
    spelled = {k.lower(): k for k in known}
    close = difflib.get_close_matches(word.lower(), spelled, n=1, cutoff=0.6)
    return f" Did you mean “{spelled[close[0]]}”?" if close else ""


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of a YAML file: text, a list of nodes, or a mapping of text to nodes; with its place."""

    value: str | list[Node] | dict[str, Node]
    file: str
    line: int

    def bad(self, says: str) -> BadFile:
        """The complaint to raise about this place."""
        return BadFile(self.file, self.line, says)

    @property
    def text(self) -> str:
        """The scalar, which must not be empty."""
        if not isinstance(self.value, str):
            raise self.bad("Text was expected here, and a list or a group of keys was found.")
        if not self.value.strip():
            raise self.bad("Text was expected here, and nothing was found.")
        return self.value

    @property
    def items(self) -> list[Node]:
        """The list, which must not be empty."""
        if not isinstance(self.value, list) or not self.value:
            raise self.bad("A list was expected here: one entry a line, each after “- ”.")
        return self.value

    @property
    def entries(self) -> dict[str, Node]:
        """The mapping, which must not be empty."""
        if not isinstance(self.value, dict) or not self.value:
            raise self.bad("A group of keys was expected here, each with a colon.")
        return self.value

    @property
    def texts(self) -> tuple[str, ...]:
        """A list of texts, or one text as a list of one."""
        return (self.text,) if isinstance(self.value, str) else tuple(node.text for node in self.items)

    def fields(self, required: str = "", optional: str = "") -> dict[str, Node]:
        """The mapping, with exactly these keys (given as words): unknown and missing ones are refused by name."""
        entries = self.entries
        need, may = required.split(), optional.split()
        for key, node in entries.items():
            if key not in need and key not in may:
                raise node.bad(f"“{key}” is not a key here.{nearest(key, need + may)} Known: {', '.join(need + may)}.")
        for key in need:
            if key not in entries:
                raise self.bad(f"The key “{key}” is missing.")
        return entries

    def one_of(self, known: Mapping | Collection[str], what: str) -> str:
        """The text, if it is one of a closed list."""
        if self.text not in known:
            few = f" Known: {', '.join(known)}." if len(known) <= FEW else ""
            raise self.bad(f"“{self.text}” is not a known {what}.{nearest(self.text, known) or few}")
        return self.text


def checked(node: Node, work: Callable[[str], object]) -> object:
    """Apply a reader of text to a node; what it refuses is refused at the node's place in the file."""
    try:
        return work(node.text)
    except BadFile:
        raise
    except Unreadable as error:
        raise node.bad(str(error)) from None


def read(path: Path, *, name: str = "", loader: type = LOADERS[0]) -> Node:
    """Read a YAML file into nodes. Raises `BadFile`; `name` is what complaints call the file."""
    name = name or path.name
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadFile(name, 1, f"The file cannot be read: {error.strerror or error}.") from None
    return parse(data, name, loader)


def parse(data: bytes, name: str, loader: type = LOADERS[0]) -> Node:
    """Read YAML bytes into nodes. Raises `BadFile` for whatever is not plain, small, well-formed YAML."""
    if len(data) > MOST_BYTES:
        raise BadFile(name, 1, f"The file has {len(data):,} bytes; the limit is {MOST_BYTES:,}.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadFile(name, line, "This is not UTF-8 text. Save the file as UTF-8.") from None
    try:
        return _build(yaml.parse(text, Loader=loader), name)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        mend = next((f". {mend}" for sign, mend in MENDS.items() if sign in error.problem), f": {error.problem}.")
        raise BadFile(name, mark.line + 1 if mark else 1, f"This is not well-formed YAML{mend}") from None
    except yaml.YAMLError:
        raise BadFile(name, 1, "The file holds characters that YAML does not allow.") from None


def _build(events: Iterable, name: str) -> Node:
    root: Node | None = None
    stack: list[Node] = []
    keys: list[str | None] = []

    def place(node: Node) -> None:
        nonlocal root
        if not stack:
            if root is not None:
                raise node.bad("A file holds one document; here a second one starts.")
            root = node
        elif isinstance(stack[-1].value, list):
            stack[-1].value.append(node)
        elif keys[-1] is None:
            if not isinstance(node.value, str):
                raise node.bad("A key must be plain text.")
            if node.value in stack[-1].value:
                raise node.bad(f"The key “{node.value}” stands here twice. Keep one of them.")
            keys[-1] = node.value
        else:
            stack[-1].value[keys[-1]] = node
            keys[-1] = None

    for nodes, event in enumerate(events, 1):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise BadFile(name, line, "Anchors and aliases (& and *) are not used in course files. Quote the text.")
        if getattr(event, "tag", None) not in (None, "!"):
            raise BadFile(name, line, "Tags (!) are not used in course files. Quote the text.")
        if nodes > MOST_NODES or len(stack) > MOST_DEPTH:
            raise BadFile(name, line, "The file is nested too deeply or has too many entries.")
        if isinstance(event, yaml.ScalarEvent):
            place(Node(event.value, name, line))
        elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            node = Node([] if isinstance(event, yaml.SequenceStartEvent) else {}, name, line)
            place(node)
            stack.append(node)
            keys.append(None)
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            stack.pop()
            keys.pop()
    if root is None:
        raise BadFile(name, 1, "The file is empty.")
    return root
