"""One learner's work as one file: a heading, an attempt a line, and a last line, chained by hashes.

Each line holds the hash of the line before it, so a changed, dropped or reordered attempt shows. That finds accidents
and careless edits. Anyone with this code can build a clean chain: only attempts that a server received as they
happened are proof.

A submission is data from a stranger: it is parsed with limits and never run.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

from ..engine import MOST_ANSWER
from ..model import DISPUTE, FORMS, Attempt, Unreadable

SUFFIX = ".coursekit"
FORMAT = "coursekit submission"
VERSION = 1

MOST_BYTES = 16 * 1024 * 1024
MOST_LINE = 32 * 1024
MOST_ATTEMPTS = 20_000
# A laptop's clock may be off by a day; more than that was set by hand, or the battery was empty.
CLOCK_SLACK = timedelta(days=1)
# No answer is older than the course itself.
EARLIEST = "2025-01-01T00:00:00.000000+00:00"

_ID = re.compile(r"[0-9a-f]{32}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,79}")
_COURSE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HASH = re.compile(r"[0-9a-f]{64}")
_FINGERPRINT = re.compile(r"[0-9a-f]{12}")
# Half a character: JSON can spell it, and no file, page or terminal can hold it.
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_WHEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")


@dataclass(frozen=True, slots=True)
class Submission:
    """A learner's attempts in one course, with what does not fit among them."""

    learner: str
    course: str
    release: str
    made: str
    attempts: tuple[Attempt, ...]
    doubts: tuple[str, ...] = ()


# Writing -------------------------------------------------------------------------------------------------------------


def _chained(row: Mapping[str, Any], link: str) -> tuple[str, str]:
    """A line as text, and its hash: what the next line starts from."""
    text = json.dumps({**row, "after": link}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text, hashlib.sha256(text.encode()).hexdigest()


def written(learner: str, course: str, release: str, attempts: Iterable[Attempt], made: str) -> Iterator[str]:
    """The lines of a submission file. The same attempts give the same lines, but for the time in the heading."""
    rows = [asdict(attempt) for attempt in sorted(attempts, key=lambda one: (one.at, one.id))]
    heading = {
        "format": FORMAT,
        "version": VERSION,
        "course": course,
        "release": release,
        "learner": learner,
        "made": made,
    }
    text, link = _chained(heading, "")
    yield text
    for row in rows:
        # Learner and course stand in the heading, and nowhere else.
        text, link = _chained({key: value for key, value in row.items() if key not in ("learner", "course")}, link)
        yield text
    yield _chained({"end": len(rows)}, link)[0]


# Reading -------------------------------------------------------------------------------------------------------------


def _only_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        raise Unreadable("a key stands there twice")
    return table


def _no_constant(word: str) -> None:
    raise Unreadable(f"{word} is not a number that can be read")


_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_DECODER = json.JSONDecoder(object_pairs_hook=_only_once, parse_constant=_no_constant)


def _row(line: bytes, number: int) -> dict[str, Any]:
    if len(line) > MOST_LINE:
        raise Unreadable(f"line {number} is longer than {MOST_LINE:,} bytes")
    if line.startswith(_MARKS):
        raise Unreadable(f"line {number} begins with a byte-order mark: an editor saved the file again")
    try:
        found = _DECODER.decode(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise Unreadable(f"line {number} is not UTF-8 text") from None
    except (ValueError, RecursionError) as error:
        said = str(error) if isinstance(error, Unreadable) else "it is not JSON"
        raise Unreadable(f"line {number} cannot be read: {said}") from None
    if not isinstance(found, dict):
        raise Unreadable(f"line {number} holds no keys")
    return found


def _text(row: Mapping[str, Any], key: str, shape: re.Pattern | None, number: int, most: int = 200) -> str:
    value = row.get(key)
    if (
        not isinstance(value, str)
        or len(value) > most
        or _NO_TEXT.search(value)
        or (shape and not shape.fullmatch(value))
    ):
        raise Unreadable(f"line {number} has no “{key}” as this course writes it")
    return value


def _attempt(row: Mapping[str, Any], learner: str, course: str, number: int) -> Attempt:
    hints, seconds = row.get("hints"), row.get("seconds")
    if not isinstance(hints, int) or isinstance(hints, bool) or not 0 <= hints <= 99:
        raise Unreadable(f"line {number} has no “hints” as this course writes it")
    if seconds is not None and (
        isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < 1e7
    ):
        raise Unreadable(f"line {number} has no “seconds” as this course writes it")
    form = _text(row, "form", None, number)
    if form not in (*FORMS, DISPUTE):
        raise Unreadable(f"line {number} answers a form that does not exist")
    return Attempt(
        _text(row, "id", _ID, number),
        learner,
        course,
        _text(row, "exercise", _NAME, number),
        _text(row, "fingerprint", _FINGERPRINT, number),
        form,
        _text(row, "answer", None, number, MOST_ANSWER),
        "sure" if row.get("certainty") == "sure" else "",
        hints,
        None if seconds is None else float(seconds),
        _moment(row, number),
    )


def _moment(row: Mapping[str, Any], number: int) -> str:
    at = _text(row, "at", _WHEN, number)
    try:
        datetime.fromisoformat(at)
    except ValueError:
        raise Unreadable(f"line {number} names a moment that no calendar has") from None
    return at


_KEYS = {field.name for field in fields(Attempt)} - {"learner", "course"} | {"after"}
_HEAD = {"format", "version", "course", "release", "learner", "made", "after"}


def read_submission(file: BinaryIO, now: datetime | None = None) -> Submission:
    """Read a submission file. What breaks its format is refused; what only looks odd is told as a doubt.

    Raises `Unreadable` with what is wrong and in which line.
    """
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise Unreadable(f"the file is larger than {MOST_BYTES // 2**20} MB")
    if not data.strip():
        raise Unreadable("the file is empty")
    # Counted before it is cut up: a file of nothing but line ends would make millions of lines.
    if data.count(b"\n") > MOST_ATTEMPTS + 2:
        raise Unreadable(f"the file holds more than {MOST_ATTEMPTS:,} attempts")
    doubts = []
    if b"\r\n" in data:
        data = data.replace(b"\r\n", b"\n")
        doubts.append("its line ends were changed on the way, by an editor or a mail program")
    if not data.endswith(b"\n"):
        doubts.append("the end is missing: attempts may have been cut off")
    lines = data.removesuffix(b"\n").split(b"\n")
    head = _row(lines[0], 1)
    if head.get("format") != FORMAT:
        raise Unreadable("this is not a submission of this course's kind")
    if head.get("version") != VERSION:
        raise Unreadable("it was made by another version of the course; update the one that grades")
    if head.keys() - _HEAD:
        raise Unreadable("the heading holds keys that this course does not write")
    learner, course = _learner(head), _text(head, "course", _COURSE, 1)
    release, made = _text(head, "release", _COURSE, 1), _text(head, "made", _WHEN, 1)
    attempts, broken = _chain(lines, learner, course)
    doubts = dict.fromkeys((*doubts, *broken, *_odd(attempts, now or datetime.now(UTC))))
    return Submission(learner, course, release, made, attempts, tuple(doubts))


def _learner(head: Mapping[str, Any]) -> str:
    # One form for each letter, as where names are kept: the same person is one learner.
    name = unicodedata.normalize("NFC", _text(head, "learner", None, 1, 80)).strip()
    if not name.isprintable():
        raise Unreadable("the learner's name holds characters that cannot be shown")
    return name


def _chain(lines: list[bytes], learner: str, course: str) -> tuple[tuple[Attempt, ...], list[str]]:
    """The attempts, and where the chain of hashes is broken."""
    attempts, broken, link, ended = [], [], hashlib.sha256(lines[0]).hexdigest(), False
    for number, line in enumerate(lines[1:], 2):
        row = _row(line, number)
        if ended:
            raise Unreadable(f"line {number} stands after the end")
        if _text(row, "after", _HASH, number) != link:
            broken.append(number)
        if "end" in row:
            ended = True
            # No hash follows this line, so it is held to its very bytes.
            if line != _chained({"end": len(attempts)}, link)[0].encode():
                broken.append(number)
            continue
        link = hashlib.sha256(line).hexdigest()
        if row.keys() != _KEYS:
            raise Unreadable(f"line {number} does not hold just the keys of an attempt")
        attempts.append(_attempt(row, learner, course, number))
    doubts = []
    if broken:
        doubts.append(f"the chain is broken at line {broken[0]}: an attempt was changed, dropped or moved")
    if not ended:
        doubts.append("the end is missing: attempts may have been cut off")
    return tuple(attempts), doubts


def _odd(attempts: tuple[Attempt, ...], now: datetime) -> Iterator[str]:
    if len({one.id for one in attempts}) < len(attempts):
        yield "one attempt stands in it twice"
    if any(one.at < other.at for other, one in zip(attempts, attempts[1:], strict=False)):
        yield "attempts are not in the order of their times"
    if attempts and max(one.at for one in attempts) > (now + CLOCK_SLACK).isoformat(timespec="microseconds"):
        yield "an attempt is dated in the future: a clock was wrong"
    if attempts and min(one.at for one in attempts) < EARLIEST:
        yield "an attempt is dated before there was this course: a clock was wrong"
