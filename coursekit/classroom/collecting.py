"""Finds the submissions in a folder: in any nesting, in zip files, by whatever channel they came.

Nothing is unpacked to disk, followed out of the folder or trusted for its size. A file that cannot be read costs one row
that says why.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..model import Attempt, Unreadable
from .submission import SUFFIX
from .unpacking import LINK, Bundle, Found, Refused, from_file, is_left_behind, is_zip, plain, why_not_read

MOST_FILES = 100_000
MOST_DEEP = 40  # folders in folders


# In a folder ---------------------------------------------------------------------------------------------------------


def collected(folder: Path) -> Iterator[Found]:
    """Every submission under a folder with the file it came from, or why a file gave none. Raises `Unreadable` for no folder."""
    if not folder.is_dir():
        raise Unreadable(f"There is no folder {folder}. Name the folder that holds the submissions.")
    seen, closed = 0, []
    for place, inside, names in os.walk(folder, onerror=closed.append):
        here, depth = Path(place), len(Path(place).relative_to(folder).parts)
        yield from (_closed(error, folder) for error in closed)
        closed.clear()
        inside[:] = sorted(name for name in inside if not is_left_behind(name))
        folders = set(inside)
        for name in [*inside, *sorted(name for name in names if not is_left_behind(name))]:
            shown = _shown(here / name, folder)
            seen += 1
            if seen > MOST_FILES:
                yield Refused(shown, f"more than {MOST_FILES:,} files and folders: the rest was not looked at")
                return
            if name not in folders:
                yield from _from_path(here / name, shown)
            elif why := _why_odd(here / name, depth):
                yield Refused(shown, why)
        inside[:] = [name for name in inside if depth < MOST_DEEP and not (here / name).is_symlink()]
    yield from (_closed(error, folder) for error in closed)


def _shown(path: Path, folder: Path) -> str:
    # A name on disk may be any bytes.
    return plain(os.fsencode(path.relative_to(folder).as_posix()).decode("utf-8", "replace"))


def _closed(error: OSError, folder: Path) -> Refused:
    return Refused(_shown(Path(error.filename), folder), f"the folder cannot be opened: {error.strerror}")


def _why_odd(path: Path, depth: int) -> str:
    """What is said of a folder that is not just entered; `depth` is that of the folder it lies in."""
    if path.is_symlink():
        return LINK
    if depth >= MOST_DEEP:
        return f"folders are nested more than {MOST_DEEP} deep: this one was not looked at"
    if path.name.lower().endswith(SUFFIX):
        return "a folder with the name of a submission; what is in it was looked at"
    return ""


def _from_path(path: Path, shown: str) -> Iterator[Found]:
    if path.is_symlink():
        yield Refused(shown, LINK)
    elif not path.is_file():
        yield Refused(shown, "neither a file nor a folder")
    elif why := why_not_read(path.name):
        yield Refused(shown, why)
    else:
        try:
            with path.open("rb") as file:
                yield from Bundle(shown).found(file) if is_zip(path.name) else from_file(file, shown)
        except OSError as error:
            yield Refused(shown, f"the file cannot be opened: {error.strerror or error}")


# By learner ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Collection:
    """All attempts of a class: by learner, each once, with doubts about learners and the files that gave nothing."""

    attempts: dict[str, list[Attempt]]
    doubts: dict[str, list[str]]
    refused: list[Refused]
    files: int


def _named(those: set[str]) -> str:
    names, more = sorted(those)[:5], len(those) - 5
    return f"{', '.join(names)} and {more:,} more" if more > 0 else ", ".join(names)


def gathered(found: Iterator[Found], course: str) -> Collection:
    """The attempts of one course, the same in any order of files.

    An attempt that came in several files of a learner counts once. What two learners handed in counts for both, and both
    are named: who has it from whom is for people to say.
    """
    attempts: dict[str, dict[str, Attempt]] = {}
    doubts: dict[str, list[str]] = {}
    refused: list[Refused] = []
    owner: dict[str, str] = {}
    shared: dict[str, set[str]] = {}
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
            if (other := mine.setdefault(attempt.id, attempt)) != attempt:
                mine[attempt.id] = min(other, attempt, key=repr)
                said.append("one attempt stands differently in two files")
            if (first := owner.setdefault(attempt.id, learner)) != learner:
                shared.setdefault(attempt.id, {first}).add(learner)
    others: dict[str, set[str]] = {}
    for those in {frozenset(those) for those in shared.values()}:
        for who in those:
            others.setdefault(who, set()).update(those - {who})
    for who, those in others.items():
        doubts[who].append(f"handed in attempts that {_named(those)} handed in too")
    ordered = {who: sorted(mine.values(), key=lambda one: (one.at, one.id)) for who, mine in sorted(attempts.items())}
    return Collection(ordered, {who: sorted(set(said)) for who, said in doubts.items()}, refused, files)
