"""One submission, or a zip file full of them, from a stranger: read in memory, within limits, never unpacked to disk."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from ..model import Unreadable
from .submission import MOST_BYTES, SUFFIX, Submission, read_submission

LONGEST_NAME = 200

MOST_NESTED = 3
LINK = "a link to another place; links are not followed"


@dataclass(slots=True)
class Limits:
    """How much of a zip file is still read, with all that is nested in it: files, and bytes of what comes out."""

    files: int
    bytes: int
    listing: int  # bytes of its own list of files

    @property
    def said(self) -> str:
        """The limits in words."""
        return f"more than {self.files:,} files, or {_size(self.bytes)} unpacked: the rest was not looked at"


# A zip file on disk is a class's work; one inside it is a learner's, and must not use up what the class may.
OF_A_CLASS = Limits(200_000, 4 * 2**30, 4 * 2**20)
OF_A_LEARNER = Limits(10_000, 64 * 2**20, 2**19)
CHUNK = 2**18

_LEFT_BEHIND = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")

# Whatever Python's reader makes of a stranger's bytes.
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, OverflowError, RuntimeError, LookupError,
    MemoryError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that gave no submission, and why."""

    file: str
    says: str


Found = tuple[str, Submission] | Refused


def plain(name: str) -> str:
    """A name from a stranger as a table, a page or a terminal may show it: one line of signs, and not a long one."""
    name = "".join(sign if sign.isprintable() else "�" for sign in name)
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME // 2]}…{name[-LONGEST_NAME // 2 :]}"


def is_left_behind(name: str) -> bool:
    """Whether a system left this beside files; nobody handed it in."""
    return name in _LEFT_BEHIND or name.startswith("._")


def is_zip(name: str) -> bool:
    """Whether a name is that of a zip file."""
    return name.lower().endswith(".zip")


def why_not_read(name: str) -> str:
    """Why a file of this name is left alone; "" where it is read."""
    return "" if name.lower().endswith((SUFFIX, ".zip")) else f"not a submission: their names end in {SUFFIX}"


def from_file(file: BinaryIO, shown: str) -> Iterator[Found]:
    """The submission in a file, or why there is none."""
    try:
        yield shown, read_submission(file)
    except Unreadable as error:
        yield Refused(shown, str(error))


# In a zip file -------------------------------------------------------------------------------------------------------


class Bundle:
    """A zip file from a stranger. What it spends of its limits, those that it lies in spend too."""

    def __init__(self, shown: str, within: Bundle | None = None):
        self.shown, self.within = shown, within
        self.limits = OF_A_LEARNER if within else OF_A_CLASS
        self.left = replace(self.limits)
        self.depth: int = within.depth + 1 if within else 1

    def found(self, file: BinaryIO) -> Iterator[Found]:
        """Every submission in it, or why a file gave none."""
        if self.depth > MOST_NESTED:
            yield Refused(self.shown, f"zip files are nested more than {MOST_NESTED} deep")
            return
        guarded = _Guarded(file, self.limits.listing)
        try:
            bundle = zipfile.ZipFile(guarded)
        except Unreadable as error:
            yield Refused(self.shown, str(error))
            return
        except _DAMAGED:
            yield Refused(self.shown, "this is not a zip file, or it is damaged")
            return
        guarded.most = None
        with bundle:
            self._spend(files=len(bundle.infolist()))
            for one in bundle.infolist():
                if self._is_spent:
                    break
                name = one.filename.replace("\\", "/")
                if not one.is_dir() and not any(map(is_left_behind, name.split("/"))):
                    yield from self._member(bundle, one, plain(f"{self.shown}/{name}"))
        if self._is_spent:
            yield Refused(self.shown, f"it holds too much: {self.limits.said}")

    def _spend(self, files: int = 0, bytes: int = 0) -> None:
        self.left.files -= files
        self.left.bytes -= bytes
        if self.within:
            self.within._spend(files, bytes)

    @property
    def _is_spent(self) -> bool:
        return min(self.left.files, self.left.bytes) < 0

    def _member(self, bundle: zipfile.ZipFile, one: zipfile.ZipInfo, shown: str) -> Iterator[Found]:
        if why := _why_not_unpacked(one):
            yield Refused(shown, why)
            return
        most = OF_A_LEARNER.bytes if is_zip(one.filename) else MOST_BYTES
        try:
            data = self._unpacked(bundle, one, most)
        except _DAMAGED:
            yield Refused(shown, "it is damaged and cannot be unpacked")
            return
        if len(data) > most:
            yield Refused(shown, f"unpacked it would be larger than {_size(most)}")
        elif self._is_spent:
            return
        elif is_zip(one.filename):
            yield from Bundle(shown, self).found(io.BytesIO(data))
        else:
            yield from from_file(io.BytesIO(data), shown)

    def _unpacked(self, bundle: zipfile.ZipFile, one: zipfile.ZipInfo, most: int) -> bytes:
        """The bytes of a member, or some more than may be. What the zip file says of a size is not believed."""
        data = bytearray()
        with bundle.open(one) as stream:
            while len(data) <= most and not self._is_spent and (chunk := stream.read(CHUNK)):
                self._spend(bytes=len(chunk))
                data += chunk
        return bytes(data)


def _size(bytes: int) -> str:
    return f"{bytes // 2**30} GB" if bytes >= 2**30 else f"{bytes // 2**20} MB"


def _why_not_unpacked(one: zipfile.ZipInfo) -> str:
    if stat.S_ISLNK(one.external_attr >> 16):
        return LINK
    if why := why_not_read(one.filename):
        return why
    if one.flag_bits & 0x1:
        return "it is locked with a password"
    if one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "it is packed in a way that is not read here: pack it as a plain zip file"
    return ""


class _Guarded:
    """A file of which, while its list of members is read, no more is taken at once than an honest list is long."""

    def __init__(self, file: BinaryIO, most: int):
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable
        self.most: int | None = most

    def read(self, size: int = -1) -> bytes:
        if self.most is None:
            return self._file.read(size)
        data = self._file.read(self.most + 1 if size < 0 else min(size, self.most + 1))
        if len(data) > self.most:
            raise Unreadable(f"the zip file's own list of files is longer than {self.most // 1024:,} KB")
        return data
