"""Where an answer is safe at once in a browser: a file of its private file system that one kernel alone may write.

The drive of a page takes some 40 ms to save, as every request goes through the page. So an answer is written here first,
then shown, then saved on the drive. What a kernel that was ended in between left here, the next one saves. A browser
without such files (or one that refuses) saves on the drive before the answer is shown.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .lines import Lines, attempts_in, written
from .model import Attempt, Unreadable


class Journaled:
    """A file of lines on the drive of a page, with a journal before it. Its methods say and raise what those of `Lines` do."""

    def __init__(self, lines: Lines):
        self._lines = lines
        self._is_sound = True
        self._journal = Journal(str(lines.path), self._recover)

    def add(self, attempt: Attempt) -> None:
        """Keep an attempt: in the journal or in the file when this returns."""
        # After a trouble with the file the next answer goes there at once, so that the learner is told.
        if self._is_sound and self._journal.write(written(asdict(attempt)).encode()):
            self._lines.promise([attempt])
            self._journal.soon(self._save)
        else:
            self._lines.add(attempt)
            self._is_sound = True
            self._journal.clear()

    def all(self) -> list[Attempt]:
        """Every attempt, in the order in which they were kept."""
        return self._lines.all()

    def probe(self) -> None:
        """See whether attempts could be kept, without keeping one."""
        self._lines.probe()

    def _save(self) -> None:
        try:
            self._lines.save()
        except (OSError, Unreadable):
            self._is_sound = False
        else:
            self._journal.clear()

    def _recover(self, data: bytes) -> None:
        self._lines.promise(attempts_in(data))
        self._lines.save()


@cache
def of_kernel(path: Path, patience: float, makes_folder: bool) -> Journaled:
    """The one of this kernel for a file: its forms share what is read and what is still to be saved."""
    return Journaled(Lines(path, patience, makes_folder))


class Journal:
    """The journal of this kernel for what `name` names. What ended kernels left in theirs goes to `recover`.

    It opens in the background; until then `write` says that nothing was written.
    """

    def __init__(self, name: str, recover: Callable[[bytes], None]):
        self._file: Any = None
        self._end = 0
        # A task that nobody holds may be dropped before its end.
        self._opening = asyncio.ensure_future(self._open(name, recover))

    def write(self, data: bytes) -> bool:
        """Add to the journal; whether all of it is there when this returns."""
        from pyodide.ffi import JsException, to_js

        if self._file is None:
            return False
        try:
            # Not flushed to the disk: the drive is not either, and this outlives a page or browser that is ended.
            is_whole = self._file.write(to_js(data), _options(at=self._end)) == len(data)
        except JsException:
            is_whole = False
        # What was not written whole is written over, or is a line without an end.
        self._end += len(data) if is_whole else 0
        return is_whole

    def clear(self) -> None:
        """Forget what is written: it is saved elsewhere."""
        from pyodide.ffi import JsException

        if self._file is None:
            return
        # What stays is saved once more by the next kernel, which changes nothing.
        with suppress(JsException):
            self._file.truncate(0)
            self._end = 0

    def soon(self, work: Callable[[], None]) -> None:
        """Do this when the page has shown what the kernel is about to say: it serves the drive, too."""
        asyncio.get_event_loop().call_later(0.02, work)

    async def _open(self, name: str, recover: Callable[[bytes], None]) -> None:
        import js
        from pyodide.ffi import JsException

        try:
            # The file system belongs to all sites of a host; the drive belongs to one.
            site = js.location.pathname.partition("/extensions/")[0]
            root = await js.navigator.storage.getDirectory()
            folder = await root.getDirectoryHandle(quote(f"coursekit {site}{name}", safe=""), _options(create=True))
            others = [other async for other in folder.values()]
            mine = await folder.getFileHandle(uuid.uuid4().hex, _options(create=True))
            self._file = await mine.createSyncAccessHandle()
            for other in others:
                # A living kernel holds its own; what cannot be saved now is left for the next one.
                with suppress(JsException, OSError, Unreadable):
                    file = await other.createSyncAccessHandle()
                    try:
                        data = js.Uint8Array.new(file.getSize())
                        file.read(data, _options(at=0))
                        recover(data.to_bytes())
                    finally:
                        file.close()
                    await folder.removeEntry(other.name)
        except (JsException, AttributeError):
            # This browser has no such files, or they are switched off.
            return


def _options(**options: Any) -> Any:
    import js
    from pyodide.ffi import to_js

    return to_js(options, dict_converter=js.Object.fromEntries)
