"""Excel's way of the same tables: the first sheet as tab-separated text."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date as Date

from .naming import BadTable

_ROWS_A_BLOCK = 20_000
# A cell past column J, or past the last row that Excel has, would make a reader set aside memory for all before it.
_FAR_CELL = re.compile(rb"""r(?<=[ \t\r\n]r)[ \t\r\n]*=[ \t\r\n]*["'](?![A-J]?[01]?[0-9]{1,6}["'])""")
_OVERLAP = 64  # more than a cell's name and what is around it


def text_of(name: str, book: io.BytesIO) -> Iterator[bytes]:
    """The rows of the first sheet, tab-separated. Raises `BadTable`."""
    _check_cells(name, book)
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError:
        raise BadTable(
            f"{name} is an Excel file, and what reads it is not installed. Run: pip install 'coursekit[tables]', "
            "or import the text file that CMS ships beside it."
        ) from None
    book.seek(0)
    try:
        sheet = CalamineWorkbook.from_filelike(book).get_sheet_by_index(0)
        rows: list[str] = []
        for row in sheet.iter_rows():
            try:
                rows.append("\t".join(row))
            except TypeError:  # not all of them are text
                rows.append("\t".join([_plain(cell, n) for n, cell in enumerate(row)]))
            if len(rows) == _ROWS_A_BLOCK:
                yield _joined(rows)
                rows = []
    except (CalamineError, ValueError, IndexError) as error:
        raise BadTable(f"{name}: the Excel file is damaged ({error}). Get the file again from CMS.") from None
    yield _joined(rows)


def _joined(rows: list[str]) -> bytes:
    text = "\n".join(rows)
    if text.count("\n") != len(rows) - 1 or "\r" in text:  # a heading of two lines in one cell
        text = "\n".join(" ".join(row.replace("\r", " ").split("\n")) for row in rows)
    return f"{text}\n".encode()


def _plain(cell: object, column: int) -> str:
    """A cell as CMS's text files have it: a number may be a code, a date or an indicator.

    Codes stand in the first columns and have five characters, so a number there has lost zeros in front.
    """
    if isinstance(cell, float) and cell.is_integer():
        return f"{int(cell):05}" if column < 2 else str(int(cell))
    if isinstance(cell, Date):
        return f"{cell:%Y%m%d}"
    return str(cell)


def _check_cells(name: str, book: io.BytesIO) -> None:
    """See that the sheets unpack to what they say, and have no cell where no table has one."""
    with zipfile.ZipFile(book) as archive:
        for member in archive.infolist():
            with archive.open(member) as stream:
                left = b""
                while block := stream.read(1 << 20):
                    if member.filename.startswith("xl/worksheets/"):
                        left = _check_refs(name, left + block)
                _check_refs(name, left + bytes(_OVERLAP))


def _check_refs(name: str, data: bytes) -> bytes:
    """See to all cells but those in the last bytes, which may be cut; these are given back."""
    decided = len(data) - _OVERLAP
    if (found := _FAR_CELL.search(data)) and found.start() < decided:
        raise BadTable(f"{name}: its sheet has cells far outside a table of CMS. Import the file as CMS ships it.")
    return data[-_OVERLAP:]
