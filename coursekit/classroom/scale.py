"""Years of attempts, graded in parts on a Dask cluster: the same pure grading, the same files, byte for byte.

A part holds all attempts of some learners, so parts know nothing of each other. Each writes its marks to a file of its
own, and the files are merged by learner as they stream by: memory does not grow with the class.
"""

from __future__ import annotations

import csv
import heapq
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date as Date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..course import Course
from ..model import Attempt, Unreadable
from ..store import Store
from .marking import COLUMNS, Mark, Marker
from .sheets import safe

if TYPE_CHECKING:
    import pandas

ATTEMPT = tuple(field.name for field in fields(Attempt))
# Attempts of one part, about: small enough for any worker's memory, large enough to be worth a task.
PART = 250_000
PATIENCE = 5  # seconds for a scheduler to answer
NUMBERS = ("tries", "hints", "sure_but_wrong", "earlier", "late"), ("first", "best", "seconds")


def is_table(source: str) -> bool:
    """Whether a source is a table of attempts: a Parquet file, or a folder of them."""
    path = Path(source)
    return path.suffix == ".parquet" or (path.is_dir() and next(path.glob("*.parquet"), None) is not None)


def of_table(source: str, course_id: str) -> Iterator[Attempt]:
    """The attempts of one course in a Parquet table, in the table's order. Raises `Unreadable`."""
    for batch in _table(source).to_batches(columns=list(ATTEMPT)):
        for row in batch.to_pylist():
            if row["course"] == course_id:
                yield _attempt(row)


def _table(source: str) -> Any:
    try:
        import pyarrow.dataset
    except ModuleNotFoundError:
        raise Unreadable("Parquet needs pyarrow. Run: pip install 'coursekit[classroom]'") from None
    try:
        table = pyarrow.dataset.dataset(source, format="parquet")
    except (OSError, pyarrow.ArrowInvalid) as error:
        raise Unreadable(f"{source} cannot be read as Parquet: {' '.join(str(error).split())[:200]}") from None
    lacking = [name for name in ATTEMPT if name not in table.schema.names]
    if lacking:
        raise Unreadable(f"{source} is not a table of attempts: it lacks the column {lacking[0]}.")
    return table


def _attempt(row: dict[str, Any]) -> Attempt:
    seconds = row["seconds"]
    # A table that went through pandas says "not a number" where a time was not taken.
    row = row | {
        "seconds": None if seconds is None or seconds != seconds else float(seconds),
        "hints": int(row["hints"] or 0),
    }
    return Attempt(
        **{name: row[name] if row[name] is not None else "" for name in ATTEMPT} | {"seconds": row["seconds"]}
    )


@dataclass(frozen=True, slots=True)
class Job:
    """What every part needs to know: which course, what counts, and where marks go."""

    root: str
    course: str
    tries: int | None
    closes: Date | None
    scratch: str


@lru_cache(maxsize=4)
def _marker(root: str, tries: int | None, closes: Date | None) -> Marker:
    """One marker for each worker process: what it has graded once it knows."""
    return Marker(Course(Path(root)), tries, closes)


def graded_frame(frame: pandas.DataFrame, job: Job) -> pandas.DataFrame:
    """The marks of one part, by learner and in course order."""
    import pandas

    marker = _marker(job.root, job.tries, job.closes)
    rows = frame[frame["course"] == job.course] if len(frame) else frame
    by_learner: dict[str, list[Attempt]] = {}
    for row in rows[list(ATTEMPT)].to_dict("records"):
        one = _attempt(row)
        by_learner.setdefault(one.learner or "(no name)", []).append(one)
    marks = [mark for learner in sorted(by_learner) for mark in marker.marks(learner, by_learner[learner])]
    return pandas.DataFrame([astuple(mark) for mark in marks], columns=COLUMNS).astype(_types())


def _types() -> dict[str, str]:
    whole, real = NUMBERS
    kinds = dict.fromkeys(whole, "int64") | dict.fromkeys(real, "float64") | {"solved": "bool"}
    return {name: kinds.get(name, "object") for name in COLUMNS}


def _write_part(frame: pandas.DataFrame, job: Job, n: int) -> str:
    import pyarrow
    import pyarrow.parquet

    place = Path(job.scratch) / f"part-{n:05}.parquet"
    table = pyarrow.Table.from_pandas(graded_frame(frame, job), _schema(), preserve_index=False)
    pyarrow.parquet.write_table(table, place)
    return str(place)


def _schema() -> Any:
    import pyarrow

    kinds = {"int64": pyarrow.int64(), "float64": pyarrow.float64(), "bool": pyarrow.bool_()}
    return pyarrow.schema([(name, kinds.get(kind, pyarrow.string())) for name, kind in _types().items()])


def _of_database(n: int, url: str, course_id: str, parts: int) -> pandas.DataFrame:
    """One part of a PostgreSQL database: the learners whose names fall into it."""
    import pandas
    from sqlalchemy import create_engine, text

    wanted = text(
        f"SELECT {', '.join(ATTEMPT)} FROM attempts WHERE course = :course AND abs(hashtext(learner)::bigint) % :parts = :n"
    )
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return pandas.read_sql(wanted, connection, params={"course": course_id, "parts": parts, "n": n})
    finally:
        engine.dispose()


def graded_on_cluster(
    source: str,
    course: Course,
    out: Path,
    tries: int | None = None,
    closes: Date | None = None,
    address: str = "",
    workers: int | None = None,
) -> tuple[int, int]:
    """Grade a Parquet table or a PostgreSQL database in parts; write `marks.csv` and `marks.parquet`.

    `address` is a Dask scheduler's (`tcp://host:8786`), else a cluster is made on this machine. Its workers need this
    package and the course's folder under the same path. Gives back learners and rows. Raises `Unreadable`.
    """
    try:
        from dask.distributed import Client, LocalCluster
    except ModuleNotFoundError:
        raise Unreadable("--engine dask needs Dask. Run: pip install 'coursekit[classroom]'") from None
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out) as scratch:
        job = Job(str(course.root), course.id, tries, closes or course.release.closes, scratch)
        if address:
            try:
                client = Client(address, timeout=PATIENCE)
            except (OSError, ValueError) as error:
                raise Unreadable(f"The Dask scheduler at {address} does not answer: {error}. "
                                 "Name a running one, or leave --cluster out.") from None  # fmt: skip
            with client:
                parts = _parts(client, source, job)
        else:
            with (
                LocalCluster(
                    n_workers=workers, threads_per_worker=1, dashboard_address=None, memory_limit=0
                ) as cluster,
                Client(cluster) as client,
            ):
                parts = _parts(client, source, job)
        return _merged(parts, out)


def _parts(client: Any, source: str, job: Job) -> list[str]:
    if "://" in source:
        count = Store(source, job.course).count() // PART + 1
        return client.gather([client.submit(_grade_database, n, source, count, job, pure=False) for n in range(count)])
    table = _table(source)
    count = table.count_rows() // PART + 1
    # First every file is dealt out by learner, then each hand of it is graded: no step holds more than a part.
    files = sorted(table.files)
    client.gather([client.submit(_deal, n, file, count, job.scratch, pure=False) for n, file in enumerate(files)])
    return client.gather([client.submit(_grade_dealt, n, job, pure=False) for n in range(count)])


def _grade_database(n: int, url: str, count: int, job: Job) -> str:
    return _write_part(_of_database(n, url, job.course, count), job, n)


def _deal(n: int, file: str, count: int, scratch: str) -> None:
    """Put the rows of one file into as many piles as there are parts, each learner's rows into one."""
    import pyarrow
    import pyarrow.compute
    import pyarrow.parquet

    writers: dict[int, Any] = {}
    source = pyarrow.parquet.ParquetFile(file)
    try:
        for batch in source.iter_batches(65_536, columns=list(ATTEMPT)):
            names = batch.column("learner").dictionary_encode()
            part = pyarrow.array(
                [zlib.crc32((name or "").encode()) % count for name in names.dictionary.to_pylist()], pyarrow.int32()
            )
            pile = part.take(names.indices)
            for which in pyarrow.compute.unique(pile).to_pylist():
                rows = pyarrow.Table.from_batches([batch.filter(pyarrow.compute.equal(pile, which))])
                if which not in writers:
                    writers[which] = pyarrow.parquet.ParquetWriter(
                        Path(scratch) / f"dealt-{which:05}-{n:05}.parquet", rows.schema
                    )
                writers[which].write_table(rows)
    finally:
        for writer in writers.values():
            writer.close()


def _grade_dealt(n: int, job: Job) -> str:
    import pandas

    files = sorted(Path(job.scratch).glob(f"dealt-{n:05}-*.parquet"))
    frames = [pandas.read_parquet(file) for file in files]
    frame = pandas.concat(frames, ignore_index=True) if frames else pandas.DataFrame(columns=ATTEMPT)
    return _write_part(frame, job, n)


# One file of many parts ----------------------------------------------------------------------------------------------


def _rows_of(part: str) -> Iterator[tuple[Any, ...]]:
    import pyarrow.parquet

    for batch in pyarrow.parquet.ParquetFile(part).iter_batches(16_384):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _merged(parts: Sequence[str], out: Path) -> tuple[int, int]:
    """Merge the parts by learner into one CSV and one Parquet file. Within a learner rows stay in course order."""
    learners, rows, last = 0, 0, None
    with (
        (out / "marks.csv").open("w", encoding="utf-8-sig", newline="") as file,
        TableWriter(out / "marks.parquet") as table,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in heapq.merge(*map(_rows_of, parts), key=lambda row: row[0]):
            writer.writerow([safe(cell) for cell in row])
            table.add(row)
            rows += 1
            learners += row[0] != last
            last = row[0]
    return learners, rows


class TableWriter:
    """Writes marks to a Parquet file, a batch at a time."""

    BATCH = 50_000

    def __init__(self, path: Path):
        self._path, self._rows, self._writer = path, [], None

    def __enter__(self) -> TableWriter:
        return self

    def add(self, row: tuple[Any, ...]) -> None:
        """Add one row."""
        self._rows.append(row)
        if len(self._rows) >= self.BATCH:
            self._flush()

    def _flush(self) -> None:
        import pyarrow
        import pyarrow.parquet

        schema = _schema()
        columns = list(zip(*self._rows, strict=True)) if self._rows else [()] * len(COLUMNS)
        table = pyarrow.Table.from_arrays(
            [pyarrow.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema=schema
        )
        self._writer = self._writer or pyarrow.parquet.ParquetWriter(self._path, schema)
        self._writer.write_table(table)
        self._rows = []

    def __exit__(self, *_: object) -> None:
        self._flush()
        self._writer.close()


def write_table(path: Path, marks: Sequence[Mark]) -> None:
    """Marks as a Parquet file for analysts."""
    with TableWriter(path) as table:
        for mark in marks:
            table.add(astuple(mark))
