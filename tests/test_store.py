"""An answer that was acknowledged is kept, whatever happens next; trouble is told in one clear message."""

import os
import random
import signal
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
import uuid
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from coursekit.model import Attempt
from coursekit.store import Store, StoreTrouble, now

ROOT = Path(__file__).parents[1]

# Keeps answers, and says so after each one, until it is stopped or has kept as many as were asked for.
WRITER = """
import os, sys, uuid
from coursekit.model import Attempt
from coursekit.store import Store, now
store, learner, most = Store(sys.argv[1]), sys.argv[2], int(sys.argv[3])
for n in range(most):
    attempt = Attempt(uuid.uuid4().hex, learner, "hands-on-coding", "neck", "f1", "choose", str(n), at=now())
    store.keep(attempt)
    os.write(1, (attempt.id + "\\n").encode())
"""

# Starts two writers for each line it reads, tells their process ids, and tells when both have been killed. One process
# that has loaded everything and forks makes the kills fall into the writing, and not into the loading of libraries.
NURSERY = """
import os, sys, sqlalchemy.dialects.sqlite
import coursekit.store
writer = compile(sys.argv.pop(), "writer", "exec")
def start():
    if child := os.fork():
        return child
    exec(writer, {})
for line in sys.stdin:
    children = start(), start()
    os.write(1, ("started %d %d\\n" % children).encode())
    for child in children:
        os.waitpid(child, 0)
    os.write(1, b"ended\\n")
"""

# Holds the file alone until its standard input is closed.
HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("begin exclusive")
print("held", flush=True)
sys.stdin.read()
"""


def an_attempt(**fields):
    known = {"id": uuid.uuid4().hex, "learner": "Ana", "course": "hands-on-coding", "exercise": "neck", "at": now()}
    return Attempt(**{**known, "fingerprint": "f1", "form": "choose", "answer": "b", **fields})


def run(script, *arguments, **options):
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, **options)


def kept_ids(path):
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
        return [row[0] for row in connection.execute("select id from attempts")]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "answers.sqlite"


@pytest.fixture
def store(path):
    store = Store(f"sqlite:///{path}", patience=0.2)
    yield store
    store.close()


# What is kept -------------------------------------------------------------------------------------------------------


def test_an_attempt_comes_back_exactly_as_it_was_kept(store):
    plain = an_attempt()
    full = an_attempt(answer="98940 x1, 97124 x1 XS", certainty="sure", hints=2, seconds=12.25)
    strange = an_attempt(learner="Zoë O'Neil; drop table attempts", answer="“x” ' \" % \\ \n ☃ 😀")
    for attempt in (plain, full, strange):
        store.keep(attempt)
    assert store.attempts("Ana") == [plain, full]
    assert store.attempts(strange.learner) == [strange]
    assert store.learners() == ["Ana", strange.learner]


def test_attempts_come_oldest_first_and_of_one_exercise_when_asked(store):
    times = [f"2026-11-22T10:00:0{n}.000000+00:00" for n in range(4)]
    attempts = [an_attempt(at=at, exercise="neck" if n % 2 else "knee") for n, at in enumerate(times)]
    for attempt in reversed(attempts):
        store.keep(attempt)
    assert store.attempts("Ana") == attempts
    assert store.attempts("Ana", "knee") == [attempts[0], attempts[2]]
    assert store.attempts("Ben") == []


def test_courses_that_share_a_database_do_not_mix(store):
    mine = an_attempt()
    store.keep(mine)
    store.keep(an_attempt(course="another", learner="Ben"))
    assert store.attempts("Ana") == [mine]
    assert store.learners() == ["Ana"]
    assert Store(store.url, "another").learners() == ["Ben"]


def test_times_are_utc_with_microseconds_so_that_text_order_is_time_order():
    times = [now() for _ in range(1000)]
    assert times == sorted(times)
    assert {len(at) for at in times} == {len("2026-11-22T10:00:00.000000+00:00")}
    assert all(at.endswith("+00:00") for at in times)


def test_keeping_the_same_attempt_twice_keeps_it_once(store):
    attempt = an_attempt()
    store.keep(attempt)
    store.keep(attempt)
    assert store.attempts("Ana") == [attempt]


def test_an_id_that_was_used_for_another_answer_is_refused(store):
    attempt = an_attempt()
    store.keep(attempt)
    with pytest.raises(StoreTrouble, match="The answer was not kept"):
        store.keep(replace(attempt, answer="c"))
    assert store.attempts("Ana") == [attempt]


def test_keeping_an_answer_takes_less_than_five_milliseconds(store):
    store.keep(an_attempt())
    times = []
    for _ in range(100):
        attempt, start = an_attempt(), time.perf_counter()
        store.keep(attempt)
        times.append(time.perf_counter() - start)
    assert statistics.median(times) < 0.005


# Where it is kept ---------------------------------------------------------------------------------------------------


def test_without_a_word_the_store_is_in_the_users_data_folder_by_course(monkeypatch, tmp_path):
    monkeypatch.delenv("COURSEKIT_STORE", raising=False)
    monkeypatch.setattr("coursekit.store.user_folder", lambda: tmp_path / "data" / "coursekit")
    store = Store(course_id="my-course")
    assert not (tmp_path / "data").exists(), "nothing is made before it is needed"
    store.keep(an_attempt())
    assert (tmp_path / "data" / "coursekit" / "my-course.sqlite").is_file()


def test_the_environment_names_another_store_and_an_argument_wins_over_it(monkeypatch, path, tmp_path):
    monkeypatch.setenv("COURSEKIT_STORE", f"sqlite:///{path}")
    Store().keep(an_attempt())
    assert len(kept_ids(path)) == 1
    Store(f"sqlite:///{tmp_path / 'other.sqlite'}").keep(an_attempt())
    assert len(kept_ids(path)) == 1


@pytest.mark.parametrize("name", ["", "../up", "a/b", "a b", "x" * 65])
def test_a_course_id_that_is_not_a_plain_word_cannot_name_a_store(name):
    with pytest.raises(ValueError, match="cannot name a store"):
        Store(course_id=name)


def test_the_password_of_a_database_is_never_shown():
    store = Store("postgresql://ana:secret@localhost:1/course")
    assert "secret" not in store.where
    with pytest.raises(StoreTrouble) as trouble:
        store.keep(an_attempt())
    assert "secret" not in str(trouble.value)


def test_the_tables_can_be_made_in_postgresql_too():
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.schema import CreateIndex, CreateTable

    from coursekit.store import _tables

    tables = _tables()
    made = CreateTable(tables.attempts, if_not_exists=True).compile(dialect=postgresql.dialect())
    assert "id TEXT NOT NULL" in str(made)
    assert "seconds DOUBLE PRECISION," in str(made)
    assert str(CreateIndex(tables.index, if_not_exists=True).compile(dialect=postgresql.dialect()))


def test_importing_the_store_loads_no_database_library():
    code = "import sys, coursekit.store; print(*{'sqlalchemy', 'pandas', 'sqlite3', 'platformdirs'} & set(sys.modules))"
    assert run(code).communicate()[0].strip() == ""


# What may happen to the process -------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_killed_process_loses_no_acknowledged_answer(path):
    chance = random.Random(59)
    acknowledged, kills = [], 0
    nursery = run(NURSERY, f"sqlite:///{path}", "Ana", 10**9, WRITER, stdin=subprocess.PIPE)
    for _ in range(20):
        nursery.stdin.write("\n")
        nursery.stdin.flush()
        started, ended = False, False
        while not ended:
            word, *children = nursery.stdout.readline().split()
            if word == "started":
                # Two at a time, so that some are killed while they hold the file and others while they wait for it.
                for child in children:
                    time.sleep(chance.uniform(0, 0.1))
                    os.kill(int(child), signal.SIGKILL)
                    kills += 1
                started = True
            elif word == "ended":
                ended = True
            else:
                acknowledged.append(word)
        assert started
    nursery.communicate()
    kept = kept_ids(path)
    assert kills == 40
    assert len(acknowledged) > 100
    assert set(acknowledged) <= set(kept)
    assert len(kept) == len(set(kept))
    # At most the one answer that was under way at each kill is there without having been acknowledged.
    assert len(kept) - len(acknowledged) <= kills


@pytest.mark.parametrize("writers", [2, 4])
def test_processes_that_write_at_once_lose_nothing(path, writers):
    # All of them also find no store and make it, at about the same moment.
    running = [run(WRITER, f"sqlite:///{path}", f"learner {n}", 60) for n in range(writers)]
    acknowledged = [identity for writer in running for identity in writer.communicate()[0].split()]
    assert [writer.returncode for writer in running] == [0] * writers
    assert len(acknowledged) == writers * 60
    assert sorted(kept_ids(path)) == sorted(acknowledged)
    assert len(Store(f"sqlite:///{path}").learners()) == writers


def test_threads_share_one_store(store):
    store.patience = 10  # a busy machine is not what is tested here
    attempts = [[an_attempt(answer=f"{n} {m}") for m in range(30)] for n in range(6)]
    threads = [threading.Thread(target=lambda mine=mine: [store.keep(one) for one in mine]) for mine in attempts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.id for one in store.attempts("Ana")} == {one.id for mine in attempts for one in mine}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_opens_a_connection_of_its_own(store, path):
    before, inside, after = an_attempt(), an_attempt(), an_attempt()
    store.keep(before)
    child = os.fork()
    if not child:
        try:
            store.keep(inside)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    store.keep(after)
    assert set(kept_ids(path)) == {before.id, inside.id, after.id}


def test_a_store_deleted_under_a_running_course_is_made_again(store, path):
    store.keep(an_attempt())
    path.unlink()
    attempt = an_attempt()
    store.keep(attempt)
    assert kept_ids(path) == [attempt.id]


# Trouble ------------------------------------------------------------------------------------------------------------


def trouble(work, *arguments):
    with pytest.raises(StoreTrouble) as found:
        work(*arguments)
    return str(found.value)


def test_a_locked_store_says_so_and_works_again_once_it_is_free(store, path):
    store.keep(an_attempt())
    holder = run(HOLDER, path, stdin=subprocess.PIPE)
    assert holder.stdout.readline() == "held\n"
    assert trouble(store.keep, an_attempt()) == (
        f"The answer was not kept in {path}: another program has kept it locked for 0.2 seconds. "
        "Close that program (a database viewer, a backup), then try again."
    )
    assert trouble(store.attempts, "Ana").startswith(f"Earlier answers cannot be read from {path}: another program")
    holder.communicate()
    store.keep(an_attempt())
    assert len(store.attempts("Ana")) == 2


def test_a_store_that_may_only_be_read_is_read_and_says_that_it_cannot_be_written(store, path):
    attempt = an_attempt()
    store.keep(attempt)
    reader = Store(f"sqlite:///file:{path}?mode=ro&uri=true")
    assert reader.attempts("Ana") == [attempt]
    assert trouble(reader.keep, an_attempt()) == (
        f"The answer was not kept in {path}: it may only be read. "
        "Make the file and its folder writable, or let COURSEKIT_STORE name another place, then try again."
    )
    assert trouble(reader.probe).startswith(f"Answers cannot be kept in {path}: it may only be read.")
    assert kept_ids(path) == [attempt.id]


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 0)() == 0, reason="root may write anywhere")
def test_a_folder_that_may_only_be_read_says_so(store, path):
    store.keep(an_attempt())
    store.close()
    path.parent.chmod(0o500)
    try:
        assert trouble(store.keep, an_attempt()).startswith(f"The answer was not kept in {path}: it ")
    finally:
        path.parent.chmod(0o700)


def test_a_full_disk_says_so_and_loses_nothing_that_was_kept(store, path):
    store.keep(an_attempt())
    with store._open().connect() as connection:
        # SQLite then answers as it does on a full disk.
        connection.exec_driver_sql("pragma max_page_count = 1")
    acknowledged = []

    def fill():
        while True:
            attempt = an_attempt(answer="x" * 500)
            store.keep(attempt)
            acknowledged.append(attempt.id)

    assert trouble(fill) == (f"The answer was not kept in {path}: the disk is full. Free some space, then try again.")
    assert set(acknowledged) < set(kept_ids(path))


def test_a_disk_that_refuses_to_grow_the_file_says_so_and_loses_nothing_that_was_kept(store, path):
    resource = pytest.importorskip("resource")
    kept = [an_attempt() for _ in range(20)]
    for attempt in kept:
        store.keep(attempt)
    store.close()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, hard))
    try:
        message = trouble(lambda: [store.keep(an_attempt(answer="x" * 500)) for _ in range(100)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert message.startswith(f"The answer was not kept in {path}: the disk ")
    assert {one.id for one in kept} <= set(kept_ids(path))
    store.keep(an_attempt())


@pytest.mark.parametrize(
    "body",
    [b"x", b"not a database at all, but somebody's file\n" * 300, b"SQLite format 3\0" + b"\xff" * 9000],
    ids=["one letter", "another file", "a broken database"],
)
def test_a_damaged_store_says_so_and_is_left_as_it_is(store, path, body):
    path.write_bytes(body)
    assert trouble(store.keep, an_attempt()) == (
        f"The answer was not kept in {path}: it is damaged, or something else than a store of answers; it was left "
        "as it is. Move the file somewhere safe (answers in it may still be rescued), then try again: "
        "a new store is made."
    )
    assert trouble(store.attempts, "Ana").startswith(f"Earlier answers cannot be read from {path}: it is damaged")
    assert path.read_bytes() == body
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    path.rename(path.with_suffix(".old"))
    store.keep(an_attempt())
    assert len(store.attempts("Ana")) == 1


def test_a_store_damaged_in_the_middle_says_so(store, path):
    for _ in range(200):
        store.keep(an_attempt(answer="x" * 300))
    store.close()
    body = path.read_bytes()
    path.write_bytes(body[:4096] + b"\xff" * (len(body) - 4096))
    assert "it is damaged" in trouble(store.keep, an_attempt())


def test_an_empty_file_becomes_a_store(store, path):
    path.touch()
    store.keep(an_attempt())
    assert len(kept_ids(path)) == 1


def test_a_folder_that_somebody_named_is_not_made_for_them(tmp_path):
    place = tmp_path / "typo" / "answers.sqlite"
    assert trouble(Store(f"sqlite:///{place}").keep, an_attempt()) == (
        f"The answer was not kept in {place}: it cannot be opened. "
        "Make sure that its folder exists and is writable, or let COURSEKIT_STORE name another place, then try again."
    )
    assert not place.parent.exists()


def test_a_store_of_a_later_coursekit_is_left_alone(store, path):
    store.keep(an_attempt())
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("update coursekit_meta set value = '2'")
        connection.commit()
    later = Store(store.url)
    assert "its layout is 2, this coursekit knows 1" in trouble(later.keep, an_attempt())
    assert len(kept_ids(path)) == 1


@pytest.mark.parametrize("url", ["hello", "foo://bar", "postgresql+nothing://x/y", "sqlite:////proc/none/x.sqlite"])
def test_a_store_that_cannot_be_reached_says_where_and_what_to_do(url):
    message = trouble(Store(url).keep, an_attempt())
    assert message.startswith("The answer was not kept in ")
    assert message.endswith("or let COURSEKIT_STORE name another place, then try again.")
    assert "\n" not in message
