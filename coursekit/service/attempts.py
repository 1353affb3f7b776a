"""Attempts in PostgreSQL: each in one transaction that is committed before anyone is told of it.

The table is the store's own, so that a class is graded and reported from it like from any other database.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import astuple, dataclass, fields, replace
from typing import Any, TypeVar

from psycopg import AsyncConnection, Error, InterfaceError, OperationalError
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from ..model import Attempt
from ..store import Store, now

T = TypeVar("T")
# A kernel waits 4 seconds for its reply, and the hub is asked before the database is.
PATIENCE = 2.0  # seconds
PAUSE = 0.1  # seconds
OPTIONS = "-c statement_timeout=2000 -c lock_timeout=2000 -c idle_in_transaction_session_timeout=5000"
MOST_ATTEMPTS = 20_000

_NAMES = [field.name for field in fields(Attempt)]
_COLUMNS = ", ".join(_NAMES)
_OF_FORM = "course = %s AND learner = %s AND exercise = %s AND form = %s"
_INSERT = f"INSERT INTO attempts ({_COLUMNS}) VALUES ({', '.join(['%s'] * len(_NAMES))}) ON CONFLICT (id) DO NOTHING RETURNING id"

KEPT, AGAIN, USED_UP, NOT_YOURS = "kept", "again", "used up", "not yours"


class DatabaseAway(Exception):
    """The database could not be asked. Nothing was acknowledged; asking again with the same id is safe."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of an attempt: kept, again, used up or not yours; and which try it was, given when."""

    outcome: str
    tries: int
    at: str


class Attempts:
    """The attempts of one course in the database at `url`. `open` it before use and `close` it after."""

    def __init__(self, url: str, course: str, connections: int = 8):
        self.url, self.course = url, course
        self._prepared = False
        self._pool = AsyncConnectionPool(
            url, min_size=1, max_size=connections, timeout=PATIENCE, max_waiting=500, reconnect_timeout=5, open=False,
            kwargs={"options": OPTIONS, "connect_timeout": 2, "application_name": "coursekit grader"},
        )  # fmt: skip

    async def open(self) -> None:
        """Begin to connect; a database that is away now is connected to when it is back."""
        # The pool tells of each try at a server that is away.
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
        await self._pool.open()

    async def close(self) -> None:
        """Let go of the database."""
        await self._pool.close(timeout=2)

    async def ready(self) -> None:
        """See that the database answers. Raises `DatabaseAway`."""
        await self._do(lambda connection: connection.execute("SELECT 1"))

    async def keep(self, attempt: Attempt, most: int | None) -> Kept:
        """Keep an attempt at one of the `most` tries of its form. The time is the database's side of the story: now.

        Committed when this returns. Keeping it again changes nothing and tells what was told. Raises `DatabaseAway`.
        """

        async def work(connection: AsyncConnection) -> Kept:
            key = (self.course, attempt.learner, attempt.exercise, attempt.form)
            async with connection.pipeline(), connection.transaction():
                # One learner's tries at one form are counted one after the other, whoever sends them.
                await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", ["\x1f".join(key)])
                found = await connection.execute(
                    f"SELECT id, at, fingerprint, answer FROM attempts WHERE {_OF_FORM} ORDER BY at, id", key
                )
                rows = await found.fetchall()
                for n, (id_, at, _, answer) in enumerate(rows, 1):
                    if id_ == attempt.id:
                        return Kept(AGAIN if answer == attempt.answer else NOT_YOURS, n, at)
                if most is not None and sum(row[2] == attempt.fingerprint for row in rows) >= most:
                    return Kept(USED_UP, len(rows), "")
                # A clock that was set back must not move an answer before an earlier one.
                fresh = replace(attempt, course=self.course, at=max(now(), rows[-1][1] if rows else ""))
                done = await connection.execute(_INSERT, astuple(fresh))
                if await done.fetchone() is None:
                    return Kept(NOT_YOURS, 0, "")
            return Kept(KEPT, len(rows) + 1, fresh.at)

        return await self._do(work)

    async def own(self, learner: str, exercise: str | None = None) -> list[Attempt]:
        """A learner's attempts, oldest first. Raises `DatabaseAway`."""
        wanted = f"SELECT {_COLUMNS} FROM attempts WHERE course = %s AND learner = %s"
        values: list[Any] = [self.course, learner]
        if exercise is not None:
            wanted += " AND exercise = %s"
            values.append(exercise)

        async def work(connection: AsyncConnection) -> list[Attempt]:
            found = await connection.execute(f"{wanted} ORDER BY at, id LIMIT {MOST_ATTEMPTS}", values)
            return [Attempt(*row) for row in await found.fetchall()]

        return await self._do(work)

    async def _do(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Work on a connection; when a connection turns out to be dead, on another one, as long as patience lasts."""
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE
        while True:
            try:
                async with asyncio.timeout_at(end):
                    await self._prepare()
                    async with self._pool.connection() as connection:
                        return await work(connection)
            except (OperationalError, InterfaceError, PoolTimeout, TimeoutError, OSError) as error:
                # A timeout of one statement, or of all, is not mended by asking again at once.
                if loop.time() + PAUSE >= end or isinstance(error, PoolTimeout | TimeoutError):
                    raise DatabaseAway(type(error).__name__) from error
                await asyncio.sleep(PAUSE)
            except Error as error:
                # Somebody may have put another database in its place.
                self._prepared = False
                raise DatabaseAway(f"{type(error).__name__} {error.sqlstate or ''}") from error

    async def _prepare(self) -> None:
        if not self._prepared:
            store = Store(self.url.replace("postgresql://", "postgresql+psycopg://", 1), self.course, patience=1)
            try:
                await asyncio.to_thread(store.probe)
            except Exception as error:
                raise OSError(type(error).__name__) from error
            finally:
                store.close()
            self._prepared = True
