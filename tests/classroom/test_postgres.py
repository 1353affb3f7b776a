"""A class on one PostgreSQL: rows of one's own, a writer that reads nothing, and no answer lost when the server dies."""

import contextlib
import itertools
import multiprocessing
import time
import uuid

import pytest

from coursekit.classroom.database import prepare
from coursekit.classroom.room import room
from coursekit.course import Course
from coursekit.model import Attempt, Unreadable
from coursekit.store import Store, StoreTrouble, now

WRITERS, EACH = 50, 30


@pytest.fixture
def database(server):
    """A database of its own for a test, with the roles ada, ben and writer."""
    name = f"d{uuid.uuid4().hex[:12]}"
    server.sql(f"CREATE DATABASE {name}")
    for role in ("ada", "ben", "writer"):
        server.sql(f"DO $$ BEGIN CREATE ROLE {role} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    prepare(server.url(database=name), "small", "writer", ["ada", "ben"])
    return lambda user="owner": server.url(user, name)


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setattr("coursekit.store.user_folder", lambda: tmp_path / "home")


def attempt(learner, answer="97124 x1", **more):
    return Attempt(uuid.uuid4().hex, learner, "small", "neck", "0" * 12, "complete", answer, at=now(), **more)


# Whose rows ----------------------------------------------------------------------------------------------------------


def test_a_learner_writes_and_reads_rows_of_their_own_and_no_others(database):
    ada, ben = Store(database("ada"), "small", 2), Store(database("ben"), "small", 2)
    mine, theirs = attempt("ada"), attempt("ben")
    ada.keep(mine)
    ben.keep(theirs)
    assert ada.attempts("ada") == [mine] and ben.attempts("ben") == [theirs]
    assert ada.attempts("ben") == [] and ada.learners() == ["ada"]


def test_nobody_writes_in_another_ones_name(database):
    with pytest.raises(StoreTrouble, match="row-level security"):
        Store(database("ada"), "small", 2).keep(attempt("ben"))


@pytest.mark.parametrize("user", ["ada", "writer"])
@pytest.mark.parametrize(
    "statement", ["UPDATE attempts SET answer = 'x'", "DELETE FROM attempts", "DROP TABLE attempts"]
)
def test_what_was_answered_is_changed_by_nobody(database, user, statement):
    Store(database("ada"), "small").keep(attempt("ada"))
    with pytest.raises(StoreTrouble, match="permission denied|must be owner"):
        Store(database(user), "small", 2).administer([statement])
    assert len(Store(database(), "small").attempts("ada")) == 1


def test_a_shared_writer_adds_for_everybody_reads_none_and_keeps_a_copy_for_its_own_computer(database):
    shared = Store(database("writer"), "small", 2)
    first, second = attempt("ada"), attempt("ben")
    shared.keep(first)
    shared.keep(second)
    shared.keep(second)
    assert Store(database(), "small").learners() == ["ada", "ben"]
    assert shared.attempts("ada") == [first], "from the copy"
    with pytest.raises(StoreTrouble, match="permission denied"):
        shared.administer(["SELECT * FROM attempts"])
    assert Store(database("writer"), "small", 2).attempts("ada") == [first], "also when the course is opened again"


def test_the_owner_sees_the_whole_class_and_grades_it(database, tmp_path):
    import small_course

    course = Course(small_course.write(tmp_path / "course"))
    exercise = course.exercise("neck")
    for who, answer in (("ada", "98940 x1, 97124 x1 XS"), ("ben", "98940 x1")):
        Store(database(who), "small").keep(
            Attempt(uuid.uuid4().hex, who, "small", "neck", exercise.fingerprint, "complete", answer, at=now())
        )
    marks = {one.learner: one.best for one in room(database(), course).marks}
    assert marks.keys() == {"ada", "ben"} and marks["ada"] > marks["ben"]


def test_preparing_twice_changes_nothing_and_another_database_is_refused(database):
    Store(database("ada"), "small").keep(attempt("ada"))
    assert prepare(database(), "small", "writer", ["ada"])[0].startswith("The table of attempts is there")
    assert len(Store(database(), "small").attempts("ada")) == 1
    with pytest.raises(Unreadable, match="A class needs PostgreSQL"):
        prepare("sqlite:///somewhere.db", "small")
    with pytest.raises(Unreadable, match="cannot be a role"):
        prepare(database(), "small", 'x"; DROP TABLE attempts; --')


# When the server dies ------------------------------------------------------------------------------------------------


def write(url, who, said, enough):
    """Keep answers one after the other; tell of each only once the store has said that it is kept."""
    store = Store(url, "small", patience=60)
    for n in itertools.count():
        if n >= EACH and enough.is_set():
            break
        one = attempt(who, f"97124 x{n + 1}")
        store.keep(one)
        said.send((one.id, who, one.answer))
    said.close()


def everything(heard):
    """All that comes out of a pipe until its other end is closed."""
    with contextlib.suppress(EOFError):
        while True:
            yield heard.recv()


def test_fifty_write_at_once_the_server_dies_under_them_and_no_answer_is_lost_or_doubled(server, database):
    # Forked after the imports: fifty processes of their own, without fifty starts of Python.
    fork = multiprocessing.get_context("fork")
    told = {f"L{n}": fork.Pipe(duplex=False) for n in range(WRITERS)}
    enough = fork.Event()
    writers = [
        fork.Process(target=write, args=(database("writer"), who, said, enough)) for who, (_, said) in told.items()
    ]
    for one in writers:
        one.start()
    for _, said in told.values():
        said.close()
    deadline = time.monotonic() + 60
    owner = Store(database(), "small", patience=60)
    while len(owner.learners()) < WRITERS // 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(owner.learners()) >= WRITERS // 2
    for _ in range(2):
        server.kill()
        time.sleep(0.5)
        server.start()
        time.sleep(1)
    assert all(one.is_alive() for one in writers), "all of them were in the middle of it"
    enough.set()
    acknowledged = [one for heard, _ in told.values() for one in everything(heard)]
    for one in writers:
        one.join(120)
    assert [one.exitcode for one in writers] == [0] * WRITERS
    assert len(acknowledged) >= WRITERS * EACH
    kept = [(one.id, one.learner, one.answer) for who in owner.learners() for one in owner.attempts(who)]
    assert len(kept) == len(set(kept)) == len({id for id, *_ in kept}), "nothing is doubled"
    assert set(acknowledged) <= set(kept), "nothing is lost"
    assert len(kept) == len(acknowledged)


def test_a_server_that_stays_away_is_told_in_words(server, database):
    store = Store(database("ada"), "small", patience=0.5)
    store.keep(attempt("ada"))
    server.kill()
    try:
        began = time.monotonic()
        with pytest.raises(StoreTrouble, match="The answer was not kept in postgresql") as told:
            store.keep(attempt("ada"))
        assert 0.4 < time.monotonic() - began < 8
        assert "ada@127.0.0.1" in str(told.value)
    finally:
        server.start()
    store.keep(attempt("ada"))
    assert len(store.attempts("ada")) == 2
