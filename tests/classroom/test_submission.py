"""A submission: what is written is read again, what was changed shows, and no bytes make the readers fall over."""

import io
import json
from datetime import UTC, datetime

import corpus
import pytest
import small_course
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coursekit.classroom.submission import read_submission, written
from coursekit.course import Course
from coursekit.engine import grade
from coursekit.files import read_exercise, read_solution
from coursekit.model import DISPUTE, FORMS, Attempt, Unreadable
from coursekit.reading import BadFile
from coursekit.record import a_name

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SAME = {"derandomize": True, "deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}
SOME, MANY = (settings(max_examples=n, **SAME) for n in (100, 200))


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return Course(small_course.write(tmp_path_factory.mktemp("course")))


@pytest.fixture(scope="module")
def good(course):
    return corpus.good("Ada", course)


def read(data, now=NOW):
    return read_submission(io.BytesIO(data), now)


# Writing and reading are inverse -------------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)
NAMES = st.text(min_size=1, max_size=60).filter(lambda name: _can_be_kept(name))
HEX = "0123456789abcdef"
WHEN = st.datetimes(datetime(2026, 1, 1), datetime(2026, 10, 30))


def _can_be_kept(name):
    try:
        return a_name(name) == name
    except Unreadable:
        return False


def an_attempt(id, exercise, form, answer, certainty, hints, seconds, at):
    moment = at.replace(tzinfo=UTC).isoformat(timespec="microseconds")
    return Attempt(id, "", "small", exercise, id[:12], form, answer, certainty, hints, seconds, moment)


ATTEMPTS = st.lists(
    st.builds(
        an_attempt,
        st.text(HEX, min_size=32, max_size=32),
        st.from_regex(r"[a-z][a-z0-9_]{0,30}", fullmatch=True),
        st.sampled_from([*FORMS, DISPUTE]),
        TEXT,
        st.sampled_from(["", "sure"]),
        st.integers(0, 99),
        st.none() | st.floats(0, 9_999_999, exclude_max=True),
        WHEN,
    ),
    max_size=8,
    unique_by=lambda one: one.id,
)


@given(NAMES, ATTEMPTS)
@SOME
def test_what_is_written_is_read_again_with_nothing_to_say(name, attempts):
    mine = [Attempt(one.id, name, *list(map(one.__getattribute__, Attempt.__slots__))[2:]) for one in attempts]
    found = read(("\n".join(written(name, "small", "full", mine, corpus.MADE)) + "\n").encode())
    assert (found.learner, found.course, found.release, found.made) == (name, "small", "full", corpus.MADE)
    assert list(found.attempts) == sorted(mine, key=lambda one: (one.at, one.id))
    assert found.doubts == ()


def test_no_attempts_at_all_are_a_submission_too():
    found = read(("\n".join(written("Ada", "small", "full", [], corpus.MADE)) + "\n").encode())
    assert (found.attempts, found.doubts) == ((), ())


# A change shows ------------------------------------------------------------------------------------------------------


def says_nothing(data):
    try:
        return read(data).doubts == ()
    except Unreadable:
        return False


def test_every_changed_byte_shows(good):
    assert says_nothing(good)
    silent = [
        (n, byte)
        for n in range(len(good))
        for byte in {good[n] ^ 1, good[n] ^ 0x20, 0x20, 0x0A, 0x30} - {good[n]}
        if says_nothing(good[:n] + bytes([byte]) + good[n + 1 :])
    ]
    assert silent == []


def test_every_dropped_and_every_added_byte_shows(good):
    assert [n for n in range(len(good)) if says_nothing(good[:n] + good[n + 1 :])] == []
    added = [
        (n, byte)
        for n in range(len(good) + 1)
        for byte in (b" ", b"\n", b"\r", b"0")
        if says_nothing(good[:n] + byte + good[n:])
    ]
    assert added == []


def test_every_swapped_or_doubled_or_dropped_line_shows(good):
    lines = good.splitlines(keepends=True)
    for n in range(len(lines)):
        assert not says_nothing(b"".join(lines[:n] + lines[n + 1 :])), n
        assert not says_nothing(b"".join([*lines[: n + 1], lines[n], *lines[n + 1 :]])), n
        for k in range(n):
            other = list(lines)
            other[n], other[k] = other[k], other[n]
            assert not says_nothing(b"".join(other)), (n, k)


def test_a_clock_may_be_a_day_off_and_no_more(course):
    def doubts(at):
        first, second, *_ = corpus.rows("Ada", course)
        return read(corpus.chained([first, second | {"at": at}, {"end": 1}])).doubts

    assert doubts("2026-11-02T00:00:00.000000+00:00") == ()
    assert doubts("2026-11-02T00:00:00.000001+00:00") == (corpus.FUTURE,)
    assert doubts("2025-01-01T00:00:00.000000+00:00") == ()
    assert doubts("2024-12-31T23:59:59.999999+00:00") == (corpus.PAST,)


def test_one_person_is_one_learner_however_the_letters_of_the_name_are_put_together(course):
    assert read(corpus.heading(course, learner=" Zoe\u0308 ")).learner == "Zoë"


# No bytes make a reader fall over ------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
KEYS = ("format", "version", "course", "release", "learner", "made", "after", "id", "exercise", "fingerprint", "form",
        "answer", "certainty", "hints", "seconds", "at", "end")  # fmt: skip


def reads_or_refuses(data):
    """Read bytes as a submission; whatever comes of them can be written to a file and shown."""
    try:
        found = read(data)
    except Unreadable as error:
        assert str(error) and len(str(error)) < 300 and "\n" not in str(error)
        return
    json.dumps([found.learner, found.doubts, [one.answer for one in found.attempts]], ensure_ascii=False).encode()


@given(st.binary(max_size=400))
@MANY
def test_arbitrary_bytes_are_refused(data):
    reads_or_refuses(data)


@given(st.data())
@MANY
def test_a_good_file_with_pieces_cut_out_moved_and_written_over_is_read_or_refused(good, data):
    spoiled = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        at, of = data.draw(st.integers(0, len(spoiled))), data.draw(st.integers(0, 40))
        spoiled[at : at + of] = data.draw(st.binary(max_size=20) | st.just(bytes(spoiled[:of])))
    reads_or_refuses(bytes(spoiled))


@given(st.data())
@MANY
def test_lines_with_arbitrary_values_and_a_clean_chain_are_read_or_refused(course, data):
    rows = corpus.rows("Ada", course)
    for _ in range(data.draw(st.integers(1, 3))):
        row = data.draw(st.sampled_from(rows))
        row[data.draw(st.sampled_from(KEYS))] = data.draw(JSON)
    reads_or_refuses(corpus.chained(rows))


@pytest.mark.parametrize(("name", "form"), [("neck", "complete"), ("neck", "audit"), ("neck", "support"), ("pick", "choose"),
                                            ("pick", "select"), ("place", "sort"), ("place", "order"), ("place", "number")])  # fmt: skip
def test_no_answer_makes_the_engine_fall_over(course, name, form):
    exercise, solution = course.exercise(name), course.solution(name)
    words = ["98940", "97124", "x1", "x", "XS", "59", ",", ":", "=", "+", "ok", "none", "nothing", "massage", "knead", "hand",
             "bill", "treat", "8", "-", "1e9", "\u202e", "a line is missing", "side by side"]  # fmt: skip

    @given(st.text(max_size=60) | st.lists(st.sampled_from(words), max_size=12).map(" ".join))
    @settings(SOME, max_examples=80)
    def grades(answer):
        try:
            assert 0 <= grade(exercise, solution, form, answer).score <= 1
        except Unreadable as error:
            assert str(error)

    grades()


# The course's own files are read from strangers too ------------------------------------------------------------------


def read_both(folder, exercise, solution):
    """Read an exercise and its solution from bytes; only `BadFile` may come of it."""
    (folder / "exercise.yaml").write_bytes(exercise)
    (folder / "solution.yaml").write_bytes(solution)
    try:
        read_solution(folder / "solution.yaml", read_exercise(folder / "exercise.yaml"))
    except BadFile as error:
        assert error.line >= 1 and error.says
        return False
    return True


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "01_claims"
    place.mkdir()
    return place


PAIRS = [(small_course.EXERCISES[name], small_course.SOLUTIONS[name]) for name in small_course.EXERCISES]


def test_as_written_they_are_read(folder):
    assert all(read_both(folder, exercise.encode(), solution.encode()) for exercise, solution in PAIRS)


@given(st.binary(max_size=200), st.booleans(), st.sampled_from(PAIRS))
@SOME
def test_arbitrary_bytes_are_no_exercise_and_no_solution(folder, data, first, pair):
    exercise, solution = map(str.encode, pair)
    assert not read_both(folder, *((data, solution) if first else (exercise, data)))


@given(st.data(), st.booleans(), st.sampled_from(PAIRS))
@MANY
def test_a_spoiled_exercise_or_solution_is_read_or_refused_by_file_and_line(folder, data, first, pair):
    both = [bytearray(text.encode()) for text in pair]
    spoiled = both[0 if first else 1]
    for _ in range(data.draw(st.integers(1, 3))):
        at, of = data.draw(st.integers(0, len(spoiled))), data.draw(st.integers(0, 12))
        spoiled[at : at + of] = data.draw(
            st.binary(max_size=8) | st.sampled_from([b"&a ", b"*a", b"!!x ", b": ", b"- ", b"\n  "])
        )
    read_both(folder, *map(bytes, both))


SCALARS = st.sampled_from(
    ["", "yes", "59", "10:00", "97124", "neck", "x1", "2026-03-04", "9999-99-99", "_ x_ _", "9" * 30, "~"]
)
TREES = st.recursive(
    SCALARS | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SCALARS, inner, max_size=3),
    max_leaves=6,
)


def places(node, path=()):
    yield path
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in inside:
        yield from places(value, (*path, key))


@given(st.data(), st.booleans(), st.sampled_from(PAIRS))
@SOME
def test_another_tree_in_any_place_of_an_exercise_or_solution_is_read_or_refused(folder, data, first, pair):
    both = [yaml.load(text, yaml.BaseLoader) for text in pair]
    spoiled = both[0 if first else 1]
    for _ in range(data.draw(st.integers(1, 2))):
        *path, last = data.draw(st.sampled_from([path for path in places(spoiled) if path]))
        node = spoiled
        for key in path:
            node = node[key]
        node[last] = data.draw(TREES)
    read_both(
        folder,
        *(yaml.dump(tree, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False).encode() for tree in both),
    )
