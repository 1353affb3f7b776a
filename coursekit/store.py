"""Attempts kept in a database: one row for each answer, committed before anyone sees a grade.

Every write is one statement and its own transaction, so a process that dies leaves a whole row or none, and processes
that write at once wait for each other instead of losing anything. SQLite by default; PostgreSQL for a class.
"""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, fields
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from .lines import Lines
from .model import Attempt, Unreadable

if TYPE_CHECKING:
    from .journal import Journaled

VERSION = "1"
# Whose attempts these are where nobody says.
THIS_COURSE = "hands-on-coding"

# Python in a browser has no database; it has the drive of its page, which lives in the browser.
IN_BROWSER = sys.platform == "emscripten"
DRIVE = Path("/drive")

_COURSE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

FILE = "file:"

_ELSEWHERE = "or let COURSEKIT_STORE name another place, then try again."

# What SQLite calls its trouble, what that means, and what to do about it.
_TROUBLES = {
    ("SQLITE_BUSY", "SQLITE_LOCKED"): (
        "another program has kept it locked for {patience:g} seconds",
        "Close that program (a database viewer, a backup), then try again.",
    ),
    ("SQLITE_READONLY",): ("it may only be read", f"Make the file and its folder writable, {_ELSEWHERE}"),
    ("SQLITE_FULL",): ("the disk is full", "Free some space, then try again."),
    ("SQLITE_NOTADB", "SQLITE_CORRUPT"): (
        "it is damaged, or something else than a store of answers; it was left as it is",
        "Move the file somewhere safe (answers in it may still be rescued), then try again: a new store is made.",
    ),
    ("SQLITE_CANTOPEN",): ("it cannot be opened", f"Make sure that its folder exists and is writable, {_ELSEWHERE}"),
    ("SQLITE_IOERR",): ("the disk refused ({reason}): full, over a quota, or gone", "Mend that, then try again."),
}


class StoreTrouble(Exception):
    """The store could not be used. The message says what failed, where, why, and what to do."""


def now() -> str:
    """This moment as attempts carry it: UTC, ISO, always with microseconds, so that text order is time order."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def user_folder() -> Path:
    """The folder for what belongs to the user and outlives the course folder. It may not exist yet.

    Raises `StoreTrouble` in a browser that keeps no files.
    """
    if IN_BROWSER:
        if not DRIVE.is_dir():
            raise StoreTrouble(
                "Answers cannot be kept: this browser keeps no files for the page, as in a private window. "
                "Open the course in an ordinary window, then try again."
            )
        return DRIVE / "answers"
    from platformdirs import user_data_dir

    return Path(user_data_dir("coursekit", appauthor=False))


class Store:
    """The attempts of one course.

    `url` is a database URL, or `file:PATH` for a file of lines as it is used in a browser; without one,
    COURSEKIT_STORE, else a SQLite file in the user's data folder. Nothing is
    opened before it is needed. `patience` is the time in seconds to wait for another writer, or for a server that went
    away. Safe to share by threads.

    A database may let its user write and not read, as a class shares it. Then a copy of the own answers on this computer
    is what `attempts` reads.
    """

    def __new__(cls, url: str | None = None, *_: Any, **__: Any) -> Store:
        """A store in a file of lines where one is named, and in a browser; else one in a database."""
        named = url or os.environ.get("COURSEKIT_STORE", "").strip()
        return object.__new__(_InFile if named.startswith(FILE) or (IN_BROWSER and not named) else cls)

    def __init__(self, url: str | None = None, course_id: str = THIS_COURSE, patience: float = 10.0):
        if not _COURSE_ID.fullmatch(course_id):
            raise ValueError(f"“{course_id}” cannot name a store; use letters, digits, dots and hyphens.")
        self.course_id = course_id
        self.patience = patience
        self.url = url or os.environ.get("COURSEKIT_STORE", "").strip()
        self._folder: Path | None = None
        if not self.url:
            self._folder = user_folder()
            self.url = self._own(self._folder / course_id)
        self._lock = threading.Lock()
        self._engine: Any = None
        self._echo: Store | None = None
        self._pid = 0

    @staticmethod
    def _own(path: Path) -> str:
        return f"sqlite:///{path.as_posix()}.sqlite"

    def keep(self, attempt: Attempt) -> None:
        """Keep an attempt: committed when this returns. Keeping the same attempt again changes nothing.

        Raises `StoreTrouble` when it could not be kept.
        """
        from sqlalchemy import insert, select
        from sqlalchemy.exc import IntegrityError

        def put(connection: Any) -> None:
            try:
                connection.execute(insert(_tables().attempts), asdict(attempt))
            except IntegrityError:
                # A caller that never heard of its success tries again with the same id, which nobody else can know.
                if self._echo is not None:
                    return
                kept = connection.execute(select(_tables().attempts).filter_by(id=attempt.id)).first()
                if kept is None or Attempt(**kept._mapping) != attempt:
                    raise

        self._do("The answer was not kept in", put)
        if self._echo is not None:
            with suppress(StoreTrouble):
                self._echo.keep(attempt)

    def attempts(self, learner: str, exercise: str | None = None) -> list[Attempt]:
        """A learner's attempts in this course, oldest first. Raises `StoreTrouble`."""
        from sqlalchemy import select

        table = _tables().attempts
        wanted = select(table).filter_by(course=self.course_id, learner=learner).order_by(table.c.at, table.c.id)
        if exercise is not None:
            wanted = wanted.filter_by(exercise=exercise)
        rows = self._do(
            "Earlier answers cannot be read from",
            lambda connection: connection.execute(wanted).all() if self._echo is None else None,
        )
        return self._echo.attempts(learner, exercise) if rows is None else [Attempt(**row._mapping) for row in rows]

    def learners(self) -> list[str]:
        """Everyone with an attempt in this course, in alphabetical order. Raises `StoreTrouble`."""
        from sqlalchemy import select

        table = _tables().attempts
        wanted = select(table.c.learner).filter_by(course=self.course_id).distinct()
        return sorted(
            self._do("Earlier answers cannot be read from", lambda connection: connection.scalars(wanted).all())
        )

    def count(self) -> int:
        """How many attempts there are in this course. Raises `StoreTrouble`."""
        from sqlalchemy import func, select

        wanted = select(func.count()).select_from(_tables().attempts).filter_by(course=self.course_id)
        return self._do("Earlier answers cannot be counted in", lambda connection: connection.scalar(wanted))

    def probe(self) -> None:
        """See whether attempts could be kept, without keeping one. Raises `StoreTrouble` if not."""
        from sqlalchemy import text, update

        # A row that is already there is written over with itself: nothing changes, yet the store must be writable.
        same = update(_tables().meta).filter_by(name="version").values(value=VERSION)

        def work(connection: Any) -> None:
            if connection.dialect.name != "postgresql":
                connection.execute(same)
            # There a learner adds rows and changes none.
            elif not connection.scalar(text("SELECT has_table_privilege('attempts', 'INSERT')")):
                raise OSError("this user may not add answers to it")

        self._do("Answers cannot be kept in", work)

    def administer(self, statements: Sequence[str]) -> None:
        """Carry out statements about roles and rules, all or none. Raises `StoreTrouble`."""
        from sqlalchemy import text

        def work(connection: Any) -> None:
            connection.execute(text("BEGIN"))
            for statement in statements:
                connection.execute(text(statement))
            connection.execute(text("COMMIT"))

        self._do("The database was not prepared:", work)

    def close(self) -> None:
        """Let go of the database. The next use opens it again."""
        with self._lock:
            if self._engine is not None:
                # After a fork the connection belongs to the parent: forget it, and leave it open.
                self._engine.dispose(close=self._pid == os.getpid())
            self._engine = None

    @property
    def where(self) -> str:
        """The place of the store in words: a path, or a database URL without its password."""
        from sqlalchemy.engine import make_url
        from sqlalchemy.exc import ArgumentError

        try:
            url = make_url(self.url)
        except ArgumentError:
            return f"“{self.url}”"
        if url.get_backend_name() == "sqlite":
            return (url.database or "memory").removeprefix("file:")
        return url.render_as_string(hide_password=True)

    def _do(self, failed: str, work: Callable[[Any], Any]) -> Any:
        from sqlalchemy.exc import SQLAlchemyError

        give_up, moved = time.monotonic() + self.patience, False
        while True:
            try:
                with self._open().connect() as connection:
                    return work(connection)
            except (SQLAlchemyError, OSError, ValueError, ImportError) as error:
                reason = getattr(error, "orig", None) or error
                # The file was moved or deleted while it was open: answers belong in a file that has a name.
                if getattr(reason, "sqlite_errorname", "") == "SQLITE_READONLY_DBMOVED" and not moved:
                    moved = True
                # A server that is started again takes some seconds. What is asked twice is done once.
                elif _went_away(reason) and time.monotonic() < give_up:
                    time.sleep(0.2)
                else:
                    raise self._trouble(failed, reason) from error
                self.close()

    def _open(self) -> Any:
        if self._engine is not None and self._pid != os.getpid():
            self.close()
        with self._lock:
            if self._engine is None:
                # A folder that somebody named and that is missing is a slip of the pen: only our own is made.
                if self._folder is not None:
                    self._folder.mkdir(parents=True, exist_ok=True)
                engine = _engine(self.url, self.patience)
                try:
                    _prepare(engine)
                    if self._echo is None and not _may_read(engine):
                        self._echo = Store(
                            f"sqlite:///{_made(user_folder(), self.course_id).as_posix()}", self.course_id
                        )
                except Exception:
                    engine.dispose()
                    raise
                self._engine, self._pid = engine, os.getpid()
            return self._engine

    def _trouble(self, failed: str, reason: BaseException) -> StoreTrouble:
        name = getattr(reason, "sqlite_errorname", "")
        words = " ".join(str(reason).split("\n", 1)[0].split()).rstrip(".")
        known = (told for names, told in _TROUBLES.items() if name.startswith(names))
        why, advice = next(known, ("{reason}", f"Mend that, {_ELSEWHERE}"))
        return StoreTrouble(f"{failed} {self.where}: {why.format(reason=words, patience=self.patience)}. {advice}")


# The file -----------------------------------------------------------------------------------------------------------


class _InFile(Store):
    """The same in a file of lines. Its methods say and raise the same."""

    @staticmethod
    def _own(path: Path) -> str:
        return f"{FILE}{path.as_posix()}.jsonl"

    @cached_property
    def _lines(self) -> Lines | Journaled:
        place = (Path(self.where), self.patience, self._folder is not None)
        if not IN_BROWSER:
            return Lines(*place)
        from .journal import of_kernel

        return of_kernel(*place)

    @property
    def where(self) -> str:
        return self.url.removeprefix(FILE)

    def keep(self, attempt: Attempt) -> None:
        self._do("The answer was not kept in", lambda lines: lines.add(attempt))

    def attempts(self, learner: str, exercise: str | None = None) -> list[Attempt]:
        found = [one for one in self._all() if one.learner == learner and exercise in (None, one.exercise)]
        return sorted(found, key=lambda one: (one.at, one.id))

    def learners(self) -> list[str]:
        return sorted({one.learner for one in self._all()})

    def count(self) -> int:
        return len(self._all())

    def probe(self) -> None:
        self._do("Answers cannot be kept in", lambda lines: lines.probe())

    def administer(self, statements: Sequence[str]) -> None:
        raise StoreTrouble(f"{self.where} is a file, and knows no roles. Name a database.")

    def close(self) -> None:
        self.__dict__.pop("_lines", None)

    def _all(self) -> list[Attempt]:
        kept = self._do("Earlier answers cannot be read from", lambda lines: lines.all())
        return [one for one in kept if one.course == self.course_id]

    def _do(self, failed: str, work: Callable[[Lines | Journaled], Any]) -> Any:
        with self._lock:
            try:
                return work(self._lines)
            except Unreadable as error:
                why = f"{error}. Move the file somewhere safe (its other answers are still in it), then try again."
                raise StoreTrouble(f"{failed} {self.where}: {why}") from None
            except OSError as error:
                why = f"{error.strerror or error}. Mend that, {_ELSEWHERE}"
                raise StoreTrouble(f"{failed} {self.where}: {why}") from error


# The database -------------------------------------------------------------------------------------------------------


@cache
def _tables() -> SimpleNamespace:
    from sqlalchemy import Column, Double, Index, Integer, MetaData, Table, Text

    every = MetaData()
    number = {"hints": Integer, "seconds": Double}
    columns = [
        Column(f.name, number.get(f.name, Text), primary_key=f.name == "id", nullable=f.name == "seconds")
        for f in fields(Attempt)
    ]
    attempts = Table("attempts", every, *columns)
    meta = Table("coursekit_meta", every, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))
    index = Index("attempts_of_learner", attempts.c.course, attempts.c.learner, attempts.c.exercise)
    return SimpleNamespace(attempts=attempts, meta=meta, index=index)


def _made(folder: Path, course_id: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{course_id}.sqlite"


def _went_away(reason: BaseException) -> bool:
    """Whether a database server could not be reached or broke off: its errors of the classes 08 and 57P, or without a code."""
    if not type(reason).__module__.startswith("psycopg"):
        return False
    state = getattr(reason, "sqlstate", None)
    return state.startswith(("08", "57P")) if state else type(reason).__name__ == "OperationalError"


def _may_read(engine: Any) -> bool:
    """Whether this user of the database may read attempts, and not only add to them."""
    from sqlalchemy import text

    if engine.dialect.name != "postgresql":
        return True
    with engine.connect() as connection:
        return bool(connection.scalar(text("SELECT has_table_privilege('attempts', 'SELECT')")))


def _engine(url: str, patience: float) -> Any:
    from sqlalchemy import create_engine
    from sqlalchemy.engine import make_url
    from sqlalchemy.pool import QueuePool

    # Autocommit: with one statement a transaction there is nothing to forget to commit and nothing to deadlock on.
    options: dict[str, Any] = {"isolation_level": "AUTOCOMMIT"}
    place = make_url(url)
    if place.get_backend_name() == "sqlite":
        _refuse_other_files((place.database or "").removeprefix("file:"))
        # One connection that threads take in turn; a second one would only wait for the first one's file lock.
        options |= {
            "poolclass": QueuePool, "pool_size": 1, "max_overflow": 0, "pool_timeout": patience * 2,
            "connect_args": {"check_same_thread": False, "timeout": patience},
        }  # fmt: skip
    else:
        # A class is many processes with one learner each: a connection apiece is enough, and servers have few to give.
        options |= {"pool_size": 1, "max_overflow": 1, "pool_timeout": patience}
        if place.get_backend_name() == "postgresql":
            options["connect_args"] = {"connect_timeout": max(2, int(patience))}
    return create_engine(place, **options)


def _refuse_other_files(path: str) -> None:
    """Stop SQLite from taking a very short file for an empty database and writing over it."""
    try:
        with open(path, "rb") as file:
            start = file.read(16)
    except OSError:
        return
    # With a journal beside it, the file is in the middle of a write that SQLite knows how to undo.
    if start not in (b"", b"SQLite format 3\0") and not os.path.exists(f"{path}-journal"):
        error = OSError("file is not a database")
        error.sqlite_errorname = "SQLITE_NOTADB"
        raise error


def _prepare(engine: Any) -> None:
    """Make what is missing. Two processes may do this at the same moment; the version is written last."""
    from sqlalchemy import insert, inspect, select
    from sqlalchemy.exc import IntegrityError, ProgrammingError
    from sqlalchemy.schema import CreateIndex, CreateTable

    tables = _tables()
    version = select(tables.meta.c.value).filter_by(name="version")
    with engine.connect() as connection:
        if not inspect(connection).has_table(tables.meta.name) or connection.scalar(version) is None:
            for statement in (
                CreateTable(tables.attempts, if_not_exists=True),
                CreateIndex(tables.index, if_not_exists=True),
                CreateTable(tables.meta, if_not_exists=True),
            ):
                try:
                    connection.execute(statement)
                except (IntegrityError, ProgrammingError):
                    # PostgreSQL lets a racing "if not exists" fail once; by now the other process has made it.
                    connection.execute(statement)
            with suppress(IntegrityError):
                connection.execute(insert(tables.meta).values(name="version", value=VERSION))
        found = connection.scalar(version)
    if found != VERSION:
        raise OSError(f"another coursekit made it (its layout is {found}, this coursekit knows {VERSION})")
