"""Finds the submissions in a folder: in any nesting, in zip files, by whatever channel they came.

Nothing is unpacked to disk, followed out of the folder or trusted for its size. A file that cannot be read costs one row
that says why.
"""

from __future__ import annotations

import io
import os
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ..model import Attempt, Unreadable
from .submission import MOST_BYTES, SUFFIX, Submission, read_submission

MOST_FILES = 100_000
MOST_MEMBERS = 20_000
MOST_NESTED = 3
MOST_IN_ZIP = 2**30  # bytes of one zip file, unpacked
# What systems leave beside files; nobody handed it in.
LEFT_BEHIND = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that gave no submission, and why."""

    file: str
    says: str


Found = tuple[str, Submission] | Refused


def collected(folder: Path) -> Iterator[Found]:
    """Every submission under a folder with the file it came from, or why a file gave none. Raises `Unreadable` for no folder."""
    if not folder.is_dir():
        raise Unreadable(f"There is no folder {folder}. Name the folder that holds the submissions.")
    seen = 0
    for place, inside, names in os.walk(folder):
        inside[:] = sorted(name for name in inside if name not in LEFT_BEHIND)
        for name in sorted(names):
            path = Path(place) / name
            shown = path.relative_to(folder).as_posix()
            seen += 1
            if seen > MOST_FILES:
                yield Refused(shown, f"more than {MOST_FILES:,} files: the rest was not looked at")
                return
            yield from _from_path(path, shown)


def _from_path(path: Path, shown: str) -> Iterator[Found]:
    if path.name in LEFT_BEHIND or path.name.startswith("._"):
        return
    if path.is_symlink():
        yield Refused(shown, "a link to another place; links are not followed")
    elif not path.is_file():
        yield Refused(shown, "neither a file nor a folder")
    else:
        try:
            with path.open("rb") as file:
                yield from _from_file(file, shown, 0)
        except OSError as error:
            yield Refused(shown, f"the file cannot be opened: {error.strerror or error}")


def _from_file(file: BinaryIO, shown: str, depth: int) -> Iterator[Found]:
    lower = shown.lower()
    if lower.endswith(".zip"):
        yield from _from_zip(file, shown, depth + 1)
    elif not lower.endswith(SUFFIX):
        yield Refused(shown, f"not a submission: their names end in {SUFFIX}")
    else:
        try:
            yield shown, read_submission(file)
        except Unreadable as error:
            yield Refused(shown, str(error))


def _from_zip(file: BinaryIO, shown: str, depth: int) -> Iterator[Found]:
    if depth > MOST_NESTED:
        yield Refused(shown, f"zip files are nested more than {MOST_NESTED} deep")
        return
    try:
        with zipfile.ZipFile(file) as bundle:
            members = [one for one in bundle.infolist() if not one.is_dir()]
            if len(members) > MOST_MEMBERS:
                yield Refused(shown, f"the zip file holds more than {MOST_MEMBERS:,} files")
                return
            left = MOST_IN_ZIP
            for one in members:
                name = one.filename.replace("\\", "/")
                if any(part in LEFT_BEHIND or part.startswith("._") for part in name.split("/")):
                    continue
                inside = f"{shown}/{name}"
                try:
                    data = _unpacked(
                        bundle, one, min(left, MOST_IN_ZIP if name.lower().endswith(".zip") else MOST_BYTES)
                    )
                except (
                    zipfile.BadZipFile,
                    zlib.error,
                    RuntimeError,
                    NotImplementedError,
                    EOFError,
                    OSError,
                    ValueError,
                ) as error:
                    yield Refused(inside, f"the zip file cannot be unpacked here: {error}")
                    continue
                if data is None:
                    yield Refused(inside, "unpacked it would be larger than any submission is")
                    continue
                left -= len(data)
                yield from _from_file(io.BytesIO(data), inside, depth)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RecursionError) as error:
        yield Refused(shown, f"this is not a zip file that can be read: {error}")


def _unpacked(bundle: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes | None:
    """The bytes of a member, or None where there are more than may be: what the directory says of the size is not believed."""
    with bundle.open(member) as stream:
        data = stream.read(most + 1)
    return data if len(data) <= most else None


@dataclass(frozen=True, slots=True)
class Collection:
    """All attempts of a class: by learner, each once, with doubts about learners and the files that gave nothing."""

    attempts: dict[str, list[Attempt]]
    doubts: dict[str, list[str]]
    refused: list[Refused]
    files: int


def gathered(found: Iterator[Found], course: str) -> Collection:
    """The attempts of one course. An attempt that came in several files counts once; whose it is, its first file says."""
    attempts: dict[str, dict[str, Attempt]] = {}
    doubts: dict[str, list[str]] = {}
    refused: list[Refused] = []
    owner: dict[str, str] = {}
    files = 0
    for one in found:
        if isinstance(one, Refused):
            refused.append(one)
            continue
        shown, submission = one
        if submission.course != course:
            refused.append(Refused(shown, f"work for another course: {submission.course}"))
            continue
        files += 1
        learner = submission.learner or "(no name)"
        mine, said = attempts.setdefault(learner, {}), doubts.setdefault(learner, [])
        said += [f"{shown}: {doubt}" for doubt in submission.doubts]
        for attempt in submission.attempts:
            first = owner.setdefault(attempt.id, learner)
            if first != learner:
                said.append(f"{shown}: holds attempts that {first} handed in too")
                continue
            other = mine.setdefault(attempt.id, attempt)
            if other != attempt:
                said.append(f"{shown}: one attempt differs from what the same learner handed in before")
    ordered = {who: sorted(mine.values(), key=lambda one: (one.at, one.id)) for who, mine in sorted(attempts.items())}
    return Collection(ordered, {who: list(dict.fromkeys(said)) for who, said in doubts.items()}, refused, files)
