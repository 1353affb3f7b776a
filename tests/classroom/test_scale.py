"""Very large sets, in parts on a real Dask cluster: the same marks, byte for byte, from Parquet and from PostgreSQL."""

import random
import uuid
from dataclasses import asdict

import pandas
import pytest
import small_course
from dask.distributed import Client, LocalCluster

from coursekit.classroom import scale
from coursekit.classroom.room import room
from coursekit.classroom.scale import graded_on_cluster, is_table
from coursekit.classroom.sheets import write_all
from coursekit.course import Course
from coursekit.model import Attempt, Unreadable

ANSWERS = {
    ("neck", "complete"): ["98940 x1, 97124 x1 XS", "98940 x1, 97124 x1", "nothing", "not a claim at all"],
    ("pick", "choose"): ["massage", "stretch"],
    ("pick", "select"): ["knead glide", "knead sleep", "none"],
    ("place", "number"): ["8", "15"],
    ("gone", "number"): ["1"],
}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return Course(small_course.write(tmp_path_factory.mktemp("course")))


@pytest.fixture(scope="module")
def attempts(course):
    """900 attempts of 60 learners, some with names that a spreadsheet would run, some for another course."""
    draw = random.Random(7)
    made = []
    for n in range(900):
        exercise, form = draw.choice(list(ANSWERS))
        print_ = course.exercise(exercise).fingerprint if exercise in course.names else "0" * 12
        who = draw.choice(["=1+1", "Zoë", "", *(f"L{i:03}" for i in range(57))])
        made.append(
            Attempt(
                uuid.UUID(int=draw.getrandbits(128)).hex, who, draw.choice(["small"] * 9 + ["other"]), exercise, print_, form,
                draw.choice(ANSWERS[exercise, form]), draw.choice(["", "sure"]), draw.randrange(3),
                draw.choice([None, 12.5]), f"2026-11-{1 + n % 27:02}T10:00:{n % 60:02}.{n:06}+00:00",
            )
        )  # fmt: skip
    return made


@pytest.fixture(scope="module")
def table(attempts, tmp_path_factory):
    """The attempts as a folder of three Parquet files, in no order."""
    folder = tmp_path_factory.mktemp("years")
    for n in range(3):
        pandas.DataFrame([asdict(one) for one in attempts[n::3]]).to_parquet(folder / f"year-{n}.parquet")
    return str(folder)


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=0) as made:
        yield made


@pytest.fixture(autouse=True)
def small_parts(cluster):
    """Parts of some forty attempts, in this process and on the workers, so that there are many."""
    before, scale.PART = scale.PART, 40
    yield
    scale.PART = before


def locally(source, course, out):
    made = room(source, course)
    write_all(out, made.marks, made.collection, made.sizes)
    return made


def test_a_cluster_gives_the_same_files_as_one_process_byte_for_byte(course, table, cluster, tmp_path):
    made = locally(table, course, tmp_path / "local")
    learners, rows = graded_on_cluster(table, course, tmp_path / "dask", address=cluster.scheduler_address)
    assert (learners, rows) == (len(made.learners), len(made.marks))
    for name in ("marks.csv", "marks.parquet"):
        assert (tmp_path / "dask" / name).read_bytes() == (tmp_path / "local" / name).read_bytes(), name
    assert "'=1+1" in (tmp_path / "dask" / "marks.csv").read_text("utf-8-sig")


def test_the_order_and_the_number_of_files_mean_nothing(course, attempts, table, cluster, tmp_path):
    shuffled = attempts[:]
    random.Random(1).shuffle(shuffled)
    pandas.DataFrame([asdict(one) for one in shuffled]).to_parquet(tmp_path / "all.parquet")
    for source, out in ((table, "three"), (str(tmp_path / "all.parquet"), "one")):
        graded_on_cluster(source, course, tmp_path / out, address=cluster.scheduler_address)
    assert (tmp_path / "three" / "marks.csv").read_bytes() == (tmp_path / "one" / "marks.csv").read_bytes()


def test_nothing_but_the_marks_is_left_behind(course, table, cluster, tmp_path):
    graded_on_cluster(table, course, tmp_path / "out", address=cluster.scheduler_address)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["marks.csv", "marks.parquet"]


def test_the_first_n_tries_and_late_answers_count_alike(course, table, cluster, tmp_path):
    from datetime import date

    made = room(table, course, 1, closes=date(2026, 11, 10))
    write_all(tmp_path / "local", made.marks, made.collection, made.sizes)
    graded_on_cluster(table, course, tmp_path / "dask", 1, date(2026, 11, 10), cluster.scheduler_address)
    assert (tmp_path / "dask" / "marks.csv").read_bytes() == (tmp_path / "local" / "marks.csv").read_bytes()
    assert any(mark.late for mark in made.marks)


def test_a_database_is_graded_in_parts_too(course, attempts, server, cluster, tmp_path):
    from coursekit.store import Store

    server.sql("CREATE DATABASE years")
    url = server.url(database="years")
    store = Store(url, "small")
    for one in attempts[:200]:
        store.keep(one)
    locally(url, course, tmp_path / "local")
    graded_on_cluster(url, course, tmp_path / "dask", address=cluster.scheduler_address)
    assert (tmp_path / "dask" / "marks.csv").read_bytes() == (tmp_path / "local" / "marks.csv").read_bytes()


def test_a_table_of_something_else_is_refused_by_name(course, tmp_path):
    pandas.DataFrame({"learner": ["Kim"]}).to_parquet(tmp_path / "names.parquet")
    assert is_table(str(tmp_path / "names.parquet")) and not is_table(str(tmp_path / "none"))
    with pytest.raises(Unreadable, match="it lacks the column id"):
        room(str(tmp_path / "names.parquet"), course)
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(Unreadable, match="cannot be read as Parquet"):
        room(str(tmp_path / "broken.parquet"), course)


def test_a_cluster_that_does_not_answer_is_told(course, table, tmp_path):
    with pytest.raises(Unreadable, match="does not answer"):
        graded_on_cluster(table, course, tmp_path, address="tcp://127.0.0.1:9")


def test_the_client_is_that_of_dask(cluster):
    with Client(cluster.scheduler_address) as client:
        assert len(client.scheduler_info()["workers"]) == 2
