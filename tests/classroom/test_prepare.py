"""The verb that makes a database ready for a class, and grading from it, with no password on a command line."""

import json
import uuid

import pytest
import small_course

from coursekit.cli import main
from coursekit.model import Attempt
from coursekit.store import Store, StoreTrouble, now


@pytest.fixture
def database(server, tmp_path, monkeypatch):
    """An empty database with the roles vera and writer, and a course; gives back what makes a URL for a role."""
    monkeypatch.setattr("coursekit.store.user_folder", lambda: tmp_path / "home")
    monkeypatch.setenv("COURSEKIT_COURSE", str(small_course.write(tmp_path / "course")))
    name = f"d{uuid.uuid4().hex[:12]}"
    server.sql(f"CREATE DATABASE {name}")
    for role in ("vera", "writer"):
        server.sql(f"DO $$ BEGIN CREATE ROLE {role} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    return lambda user="owner:secret": server.url(user, name)


def test_a_database_is_made_ready_answered_into_and_graded(database, monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("COURSEKIT_STORE", database())
    assert main(["prepare-database", "--writer", "writer", "--learners", "vera"]) == 0
    told = capsys.readouterr().out
    assert told.splitlines() == [
        "✓ The table of attempts is there, with its version.",
        "✓ vera writes and reads the rows of vera, and no others.",
        "✓ writer adds rows for everybody, and reads none.",
    ]
    for user, who in (("vera", "vera"), ("writer", "Ben")):
        one = Attempt(uuid.uuid4().hex, who, "small", "pick", "0" * 12, "choose", "massage", at=now())
        Store(database(user), "small").probe()
        Store(database(user), "small").keep(one)
    assert main(["grade-all", "--out", str(tmp_path / "out"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["learners"], found["rows"]) == (2, 2)
    assert "secret" not in told + json.dumps(found)


def test_the_database_may_be_named_and_readied_twice(database, capsys):
    for _ in range(2):
        assert main(["prepare-database", database(), "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == {"done": ["The table of attempts is there, with its version."]}


def test_somebody_who_may_not_add_answers_learns_it_before_the_first_one(server, database, monkeypatch):
    monkeypatch.setenv("COURSEKIT_STORE", database())
    assert main(["prepare-database"]) == 0
    server.sql("GRANT SELECT ON coursekit_meta TO writer", database=database().rpartition("/")[2])
    with pytest.raises(
        StoreTrouble, match="Answers cannot be kept in postgresql.* this user may not add answers to it"
    ):
        Store(database("writer"), "small", 1).probe()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--learners", "vera,nobody_here"], 'role "nobody_here" does not exist'),
        (["--writer", 'x"; DROP TABLE attempts'], "cannot be a role"),
    ],
)
def test_a_role_that_is_none_is_told_and_nothing_half_done_is_left(database, monkeypatch, capsys, words, says):
    monkeypatch.setenv("COURSEKIT_STORE", database())
    assert main(["prepare-database", *words]) == 2
    told = capsys.readouterr().err
    assert says in told and "secret" not in told


def test_no_database_and_another_database_are_refused(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("COURSEKIT_COURSE", str(small_course.write(tmp_path / "course")))
    monkeypatch.setenv("COURSEKIT_STORE", "")
    assert main(["prepare-database"]) == 2
    assert "Say which database: postgresql+psycopg://" in capsys.readouterr().err
    assert main(["prepare-database", f"sqlite:///{tmp_path}/x.db"]) == 2
    assert "A class needs PostgreSQL" in capsys.readouterr().err
    assert main(["grade-all", "--out", str(tmp_path / "out")]) == 2
    assert "Say what to grade: a folder of submissions" in capsys.readouterr().err
