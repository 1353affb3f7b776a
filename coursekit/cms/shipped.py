"""What CMS ships, opened: text, comma-separated text or Excel, by itself, in a zip or in a gz.

Whatever a file is called, its first bytes say what it is. Nothing is ever unpacked to disk, no more is read than a
table can hold, and whatever is broken, cut short or hostile ends in one `BadTable`.
"""

from __future__ import annotations

import errno
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from .naming import BadTable

BLOCK = 1 << 21  # bytes; so many that a call of numpy costs little, and few enough for the caches of a processor
MOST_BYTES = 1 << 30  # of one part once unpacked; the largest that CMS ships has about 170 MB in all
MOST_BOOK = 1 << 27  # of an Excel file as it is shipped
MOST_MEMBERS = 1_000
AGAIN = "Get the file again from CMS."
AS_SHIPPED = "Import the file as CMS ships it."

_TABLES = (".txt", ".tsv", ".csv", ".xlsx")
_NOT_A_TABLE = re.compile(r"read.?me|licen[cs]e|copyright|\.ds_store|thumbs\.db|^~\$", re.IGNORECASE)
_FOREIGN = {
    b"\xd0\xcf\x11\xe0": "an old Excel file, or one with a password",
    b"%PDF": "a PDF",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a rar archive",
    b"BZh": "a bz2 archive",
    b"\xfd7zXZ": "an xz archive",
}


@dataclass(frozen=True)
class Part:
    """One part of a table. `names` are those that may say what it is; `blocks` gives its text as bytes."""

    path: Path
    name: str
    names: tuple[str, ...]
    size: int
    blocks: Callable[[], Iterator[bytes]]


def parts(paths: Iterable[Path]) -> list[Part]:
    """Every part in these files. Raises `BadTable` for what is no table, before anything long is read."""
    found: list[Part] = []
    for path in paths:
        if path.is_dir():
            raise BadTable(f"{path} is a folder. Name the files in it.")
        if not path.exists():
            raise BadTable(
                f"{path} does not exist. Name a file that CMS ships: .txt, .csv, .xlsx, or a .zip with them."
            )
        if not path.is_file():
            raise BadTable(f"{path} is not a plain file. Name a file that CMS ships.")
        if any(path.samefile(part.path) for part in found):
            raise BadTable(f"{path} is named twice. Import each part once.")
        found += _of_file(path)
    if not found:
        raise BadTable("No file was named. Name the files of one table, as CMS ships them.")
    return found


def _of_file(path: Path) -> Iterator[Part]:
    start, size = _start(path), path.stat().st_size
    if start.startswith(b"PK"):
        with _told(path.name):
            yield from _of_archive(path)
    elif start.startswith(b"\x1f\x8b"):
        yield Part(path, path.name, (path.name,), size * 20, lambda: _text(path.name, lambda: _Gz(path)))
    else:
        _refuse_foreign(path.name, start)
        yield Part(path, path.name, (path.name,), size, lambda: _text(path.name, lambda: path.open("rb")))


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(512)
    except OSError as error:
        raise BadTable(f"{path}: the file cannot be read: {error.strerror}.") from None


def _refuse_foreign(name: str, start: bytes) -> None:
    """Refuse what people most often have instead of a table, by its first bytes."""
    if not start:
        raise BadTable(f"{name} is empty. {AGAIN}")
    for sign, what in _FOREIGN.items():
        if start.startswith(sign):
            raise BadTable(f"{name} is {what}. {AS_SHIPPED}")
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise BadTable(f"{name} is a web page, such as the one with the license that stands before the download. "
                       "Accept the license in a browser, and import the file that comes then.")  # fmt: skip
    if start.startswith((b"\xff\xfe", b"\xfe\xff")) or start[1:64:2].count(0) > 8 or start[:64:2].count(0) > 8:
        raise BadTable(f"{name} is UTF-16 text, as Excel saves “Unicode Text”. {AS_SHIPPED}")
    if b"\0" in start:
        raise BadTable(f"{name} is not a text file. {AS_SHIPPED}")


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Turn what a broken archive raises into one message."""
    try:
        yield
    except BadTable:
        raise
    except Exception as error:  # what readers of archives raise for a wrong byte is not to be foreseen
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise BadTable(f"{name}: the file cannot be read: {error.strerror}.") from None
        if "password" in str(error) or "encrypted" in str(error):
            raise BadTable(f"{name} has a password, and CMS's files have none. {AS_SHIPPED}") from None
        raise BadTable(f"{name} is damaged or cut short, as after a download that broke off. {AGAIN}") from None


def _text(name: str, opened: Callable[[], BinaryIO]) -> Iterator[bytes]:
    """The bytes of a text, block by block and never more than a table can hold."""
    read = 0
    with _told(name), opened() as stream:
        while block := stream.read(BLOCK):
            if read == 0:
                _refuse_foreign(name, block[:512])
                block = block.removeprefix(b"\xef\xbb\xbf")
            read += len(block)
            if read > MOST_BYTES:
                raise BadTable(
                    f"{name} unpacks to more than {MOST_BYTES >> 20:,} MB, and no table of CMS does. {AGAIN}"
                )
            yield block
    if not read:
        raise BadTable(f"{name} is empty. {AGAIN}")


class _Gz:
    """A gz file as a stream; Python's own reader of them takes twice the time."""

    def __init__(self, path: Path):
        self._file = path.open("rb")
        self._unpacker, self._left = zlib.decompressobj(31), b""

    def __enter__(self) -> _Gz:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, most: int) -> bytes:
        """Some bytes, at most so many; none at the end. Raises EOFError for a file that is cut short."""
        while True:
            packed = self._left or self._file.read(1 << 16)
            if self._unpacker.eof:  # more may follow: files can be put together one after the other
                packed = self._unpacker.unused_data or packed
                if not packed.strip(b"\0"):
                    return b""
                self._unpacker = zlib.decompressobj(31)
            if not packed:
                raise EOFError
            block = self._unpacker.decompress(packed, most)
            self._left = self._unpacker.unconsumed_tail
            if block:
                return block


def ahead(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The same blocks, each fetched while the one before is worked on: unpacking runs beside reading."""
    # The pool ends first: a block that is still on its way holds the stream.
    with closing(blocks), ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, blocks, None)
        while (block := coming.result()) is not None:
            coming = pool.submit(next, blocks, None)
            yield block


# Archives -----------------------------------------------------------------------------------------------------------


def _of_archive(path: Path) -> Iterator[Part]:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        _check_members(path.name, members)
        if _is_workbook(members):
            size = sum(member.file_size for member in members)
            yield Part(path, path.name, (path.name,), size, lambda: _sheet(path.name, lambda: path.open("rb")))
            return
    tables = _tables(members)
    if not tables:
        inside = ", ".join(member.filename for member in members[:5]) or "nothing"
        raise BadTable(f"{path.name} holds no table (.txt, .csv or .xlsx). It holds: {inside}. {AS_SHIPPED}")
    for member in tables:
        yield _of_member(path, member)


def _of_member(path: Path, member: zipfile.ZipInfo) -> Part:
    base = PurePosixPath(member.filename).name
    name = f"{base} in {path.name}"

    @contextmanager
    def opened() -> Iterator[BinaryIO]:
        with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
            yield stream

    if base.lower().endswith(".xlsx"):
        return Part(path, name, (path.name, base), member.file_size * 10, lambda: _sheet(name, opened))
    return Part(path, name, (path.name, base), member.file_size, lambda: _text(name, opened))


def _check_members(name: str, members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MOST_MEMBERS:
        raise BadTable(f"{name} holds {len(members):,} files, and CMS ships a few. {AGAIN}")
    for member in members:
        inside = PurePosixPath(member.filename.replace("\\", "/"))
        if inside.is_absolute() or ".." in inside.parts or ":" in member.filename:
            raise BadTable(f"{name} holds a file named “{member.filename[:60]}”, which points out of the archive. "
                           f"Nothing was read from it. {AGAIN}")  # fmt: skip
        if member.file_size > MOST_BYTES:
            raise BadTable(f"{name} unpacks to more than {MOST_BYTES >> 20:,} MB, and no table of CMS does. {AGAIN}")


def _tables(members: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """The members that are tables; of text and Excel under one name, CMS ships the same twice, and text is taken."""
    stems: dict[str, zipfile.ZipInfo] = {}
    for member in members:
        path = PurePosixPath(member.filename)
        if member.is_dir() or "__MACOSX" in path.parts or _NOT_A_TABLE.search(path.name):
            continue
        if path.suffix.lower() == ".zip":
            raise BadTable(f"{member.filename} is a zip inside a zip. Unpack the outer one, and import what is inside.")
        if path.suffix.lower() in _TABLES:
            stem = str(path.with_suffix(""))
            if stem not in stems or path.suffix.lower() != ".xlsx":
                stems[stem] = member
    return list(stems.values())


# Excel --------------------------------------------------------------------------------------------------------------


def _is_workbook(members: list[zipfile.ZipInfo]) -> bool:
    return any(member.filename == "xl/workbook.xml" for member in members)


def _sheet(name: str, opened: Callable[[], BinaryIO]) -> Iterator[bytes]:
    """The first sheet of an Excel file as tab-separated text."""
    from .sheet import text_of

    with _told(name), opened() as stream:
        book = io.BytesIO(stream.read(MOST_BOOK + 1))
        with zipfile.ZipFile(book) as archive:
            members = archive.infolist()
        _check_members(name, members)
        if not _is_workbook(members):
            raise BadTable(f"{name} is not an Excel file, whatever its name. {AS_SHIPPED}")
        if len(book.getbuffer()) > MOST_BOOK or sum(member.file_size for member in members) > MOST_BYTES // 2:
            raise BadTable(f"{name} unpacks to more than {MOST_BYTES >> 21:,} MB, and no sheet of CMS does. {AGAIN}")
        yield from text_of(name, book)
