"""Attempts in a file of lines: what a crash, another kernel or a stranger's file does to it, and that Store is its name."""

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace

import pytest
from cases import ROOT

from coursekit import journal, lines, record, store
from coursekit.lines import Lines
from coursekit.model import Attempt
from coursekit.store import Store, StoreTrouble

FIRST = Attempt(
    "0" * 32, "Ana", "small", "one", "0123456789ab", "choose", "b", at="2026-03-04T10:00:00.000001+00:00", seconds=2.5
)
LATER = replace(FIRST, id="1" * 32, answer="naïve \u2028 “x”\n", at="2026-03-04T10:00:00.000002+00:00", seconds=None)
BEN = replace(FIRST, id="2" * 32, learner="Ben", exercise="two")

WRITER = """
import sys
from dataclasses import replace
from coursekit.model import Attempt
from coursekit.store import Store
kept = Store(f"file:{sys.argv[1]}", "small")
for n in range(40):
    kept.keep(Attempt(f"{sys.argv[2]}{n:031x}", sys.argv[2], "small", "one", "0123456789ab", "choose", "b", at=f"{n:03}"))
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "answers.jsonl"


@pytest.fixture
def kept(path):
    return Store(f"file:{path}", "small")


def trouble(work, *args):
    with pytest.raises(StoreTrouble) as raised:
        work(*args)
    return str(raised.value)


def test_what_is_kept_is_read_again_by_another_process_with_every_field(kept, path):
    for one in (LATER, FIRST, BEN):
        kept.keep(one)
    again = Store(f"file:{path}", "small")
    assert again.attempts("Ana") == [FIRST, LATER], "oldest first"
    assert again.attempts("Ana", "two") == [] and again.attempts("Ben", "two") == [BEN]
    assert again.learners() == ["Ana", "Ben"] and again.count() == 3
    assert Store(f"file:{path}", "another").count() == 0
    assert again.where == str(path)
    assert path.stat().st_mode & 0o077 == 0, "nobody else's to read"


def test_it_is_a_store_and_chosen_by_the_environment_too(monkeypatch, path):
    monkeypatch.setenv("COURSEKIT_STORE", f"file:{path}")
    Store(course_id="small").keep(FIRST)
    assert isinstance(Store(course_id="small"), Store) and Store(course_id="small").attempts("Ana") == [FIRST]
    assert type(Store("sqlite://")) is Store


def test_the_same_attempt_again_changes_nothing_and_another_under_its_id_is_refused(kept, path):
    kept.keep(FIRST)
    before = path.read_bytes()
    kept.keep(FIRST)
    assert path.read_bytes() == before
    assert "another answer under the same id" in trouble(kept.keep, replace(FIRST, answer="a"))
    assert kept.attempts("Ana") == [FIRST]


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_last_line_that_a_crash_cut_off_is_dropped_and_the_next_is_whole(kept, path, cut):
    kept.keep(FIRST)
    with path.open("ab") as file:
        file.write((json.dumps(asdict(LATER), separators=(",", ":")) + "\n").encode()[:cut])
    assert Store(f"file:{path}", "small").attempts("Ana") == [FIRST]
    Store(f"file:{path}", "small").keep(BEN)
    assert path.read_bytes().endswith(b"\n") and path.read_bytes().count(b"\n") == 3
    assert Store(f"file:{path}", "small").count() == 2


@pytest.mark.parametrize("cut", [0, 1, 20])
def test_a_heading_that_a_crash_cut_off_is_written_again(kept, path, cut):
    path.write_bytes(json.dumps(lines.HEADING, separators=(",", ":")).encode()[:cut])
    kept.keep(FIRST)
    assert Store(f"file:{path}", "small").attempts("Ana") == [FIRST]


def test_a_last_line_whose_end_an_editor_took_is_kept(kept, path):
    kept.keep(FIRST)
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    other = Store(f"file:{path}", "small")
    assert other.attempts("Ana") == [FIRST]
    other.keep(LATER)
    assert Store(f"file:{path}", "small").attempts("Ana") == [FIRST, LATER]


ROW = json.dumps(asdict(FIRST))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("my notes\n", "something else than a file of answers"),
        ("my notes", "something else than a file of answers"),
        ('{"format":"coursekit answers","version":2}\n', "its layout is 2, this coursekit knows 1"),
        ("HEAD\n{}\n", "line 2 of it is not an answer"),
        ("HEAD\nnonsense\n", "line 2 of it is not an answer"),
        (f"HEAD\n{ROW}\nnonsense", "line 3 of it is not an answer"),
        (f"HEAD\n{ROW.replace('2.5', 'true')}\n", "line 2 of it is not an answer"),
        (f"HEAD\n{ROW[:-1]}, \"more\": 1}}\n", "line 2 of it is not an answer"),
        ("HEAD\n" + "[" * 5000 + "\n", "line 2 of it is not an answer"),
        ("HEAD\n\ud800".encode("utf-8", "surrogatepass"), "line 2 of it is not an answer"),
    ],
)  # fmt: skip
def test_a_file_that_holds_anything_else_is_refused_in_words_and_left_as_it_is(kept, path, data, says):
    head = json.dumps(lines.HEADING, separators=(",", ":"))
    bytes_ = data if isinstance(data, bytes) else data.encode()
    bytes_ = bytes_.replace(b"HEAD", head.encode())
    path.write_bytes(bytes_)
    for work in (lambda: kept.keep(LATER), lambda: kept.attempts("Ana"), kept.probe):
        told = trouble(work)
        assert says in told and str(path) in told and "left as it is" in told or "knows 1" in told
        assert path.read_bytes() == bytes_


def test_two_processes_that_write_at_once_lose_nothing(path):
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), who], cwd=ROOT) for who in "ab"]
    assert [one.wait(60) for one in writers] == [0, 0]
    kept = Store(f"file:{path}", "small")
    assert [len(kept.attempts(who)) for who in "ab"] == [40, 40]


def test_what_another_kernel_wrote_over_is_written_again(kept, path):
    """The drive of a page saves whole files, so a kernel that read before and saved after takes an answer with it."""
    kept.keep(FIRST)
    before = path.read_bytes()
    kept.keep(LATER)
    path.write_bytes(before)
    assert kept.attempts("Ana") == [FIRST, LATER]
    assert Store(f"file:{path}", "small").attempts("Ana") == [FIRST, LATER]


def test_what_was_read_before_is_read_again_only_where_it_changed(kept, path, monkeypatch):
    read, plain = [], lines._row
    monkeypatch.setattr(lines, "_row", lambda line, number: read.append(number) or plain(line, number))
    other = Store(f"file:{path}", "small")
    kept.keep(FIRST)
    assert (other.count(), read) == (1, [1, 2])
    kept.keep(LATER)
    assert (other.count(), read) == (2, [1, 2, 3])
    path.write_bytes(path.read_bytes().replace(b"Ana", b"Bea"))
    assert (other.learners(), read) == (["Bea"], [1, 2, 3, 1, 2, 3])
    path.write_bytes(path.read_bytes() + b"nonsense\n")
    assert "line 4 of it is not an answer" in trouble(other.count)
    path.write_bytes(path.read_bytes().removesuffix(b"nonsense\n"))
    assert other.count() == 2 and kept.count() == 2


def test_whoever_deletes_the_file_begins_anew(kept, path):
    kept.keep(FIRST)
    path.unlink()
    assert kept.attempts("Ana") == []
    kept.keep(BEN)
    assert Store(f"file:{path}", "small").learners() == ["Ben"]


def test_on_a_drive_without_locks_an_answer_counts_at_once_and_others_are_seen_soon(monkeypatch, path):
    monkeypatch.setattr(lines, "flock", None)
    mine, other = Lines(path), Lines(path)
    mine.add(FIRST)
    assert mine.all() == [FIRST]
    other.add(LATER)
    monkeypatch.setattr(lines, "_FRESH", 0.0)
    mine._fresh_until = 0.0
    assert mine.all() == [FIRST, LATER]


def test_a_file_that_is_locked_for_long_is_said_to_be(path):
    holder = os.open(path, os.O_RDWR | os.O_CREAT)
    lines.flock(holder, lines.LOCK_EX)
    try:
        told = trouble(Store(f"file:{path}", "small", patience=0.1).keep, FIRST)
    finally:
        os.close(holder)
    assert "another program has kept it locked for 0.1 seconds" in told


def test_a_folder_that_was_named_and_is_not_there_is_not_made(tmp_path):
    told = trouble(Store(f"file:{tmp_path / 'no' / 'answers.jsonl'}", "small").keep, FIRST)
    assert "No such file or directory" in told and not (tmp_path / "no").exists()


class InMemory:
    """A journal that a test can look into."""

    def __init__(self, name, recover):
        self.name, self.recover = name, recover
        self.data, self.works, self.takes = b"", [], True

    def write(self, data):
        self.data += data if self.takes else b""
        return self.takes

    def clear(self):
        self.data = b""

    def soon(self, work):
        self.works.append(work)

    def work(self):
        while self.works:
            self.works.pop(0)()


class TestInABrowser:
    @pytest.fixture(autouse=True)
    def browser(self, monkeypatch, tmp_path):
        monkeypatch.setattr(store, "IN_BROWSER", True)
        monkeypatch.setattr(record, "IN_BROWSER", True)
        monkeypatch.setattr(store, "DRIVE", tmp_path / "drive")
        monkeypatch.setattr(record, "_named", [])
        for name in ("COURSEKIT_STORE", *record.NAMED_BY):
            monkeypatch.delenv(name, raising=False)
        return tmp_path / "drive"

    @pytest.fixture(autouse=True)
    def journals(self, monkeypatch):
        """The journals that were opened. A browser's own are used by the tests of the site."""
        opened = []
        monkeypatch.setattr(lines, "flock", None)
        monkeypatch.setattr(journal, "Journal", lambda *args: opened.append(InMemory(*args)) or opened[-1])
        journal.of_kernel.cache_clear()
        yield opened
        journal.of_kernel.cache_clear()

    def test_answers_and_the_name_are_kept_on_the_drive_of_the_page(self, browser, journals):
        browser.mkdir()
        Store(course_id="small").keep(FIRST)
        journals[0].work()
        record.set_who("Ana")
        assert sorted(path.name for path in (browser / "answers").iterdir()) == ["learner", "small.jsonl"]
        assert record.own_attempts(Store(course_id="small")) == [FIRST]

    def test_what_is_in_the_journal_counts_and_is_in_the_file_soon(self, kept, path, journals):
        kept.attempts("Ana")
        kept.keep(FIRST)
        [journal] = journals
        assert journal.data == (json.dumps(asdict(FIRST), separators=(",", ":")) + "\n").encode()
        assert kept.attempts("Ana") == [FIRST] and not path.exists()
        kept.keep(BEN)
        journal.work()
        assert kept.count() == 2 and path.read_bytes().count(b"\n") == 3
        assert journal.data == b""

    def test_all_forms_of_a_kernel_share_what_is_still_to_be_saved(self, kept, path, journals):
        kept.keep(FIRST)
        assert Store(f"file:{path}", "small").attempts("Ana") == [FIRST] and len(journals) == 1

    def test_what_an_ended_kernel_left_in_its_journal_is_saved_by_the_next(self, kept, path, journals):
        kept.keep(FIRST)
        journal.of_kernel.cache_clear()
        again = Store(f"file:{path}", "small")
        again.keep(BEN)
        journals[1].recover(journals[0].data + b'{"id":"11')
        assert again.count() == 2 and path.read_bytes().count(b"\n") == 3
        journals[1].recover(journals[0].data)
        assert again.count() == 2

    def test_what_no_journal_takes_goes_into_the_file_at_once(self, kept, path, journals):
        kept.attempts("Ana")
        journals[0].takes = False
        kept.keep(FIRST)
        assert path.read_bytes().count(b"\n") == 2 and journals[0].works == []

    def test_where_the_file_cannot_be_saved_the_next_answer_says_so_and_none_is_lost(self, kept, path, journals):
        kept.keep(FIRST)
        path.write_text("my notes\n")
        journals[0].work()
        assert journals[0].data, "the answer is still there"
        assert "something else than a file of answers" in trouble(kept.keep, BEN)
        assert path.read_text() == "my notes\n"
        path.unlink()
        kept.keep(BEN)
        assert kept.count() == 2 and path.read_bytes().count(b"\n") == 3 and journals[0].data == b""

    def test_a_file_deleted_before_an_answer_was_saved_gets_that_answer(self, kept, path, journals, monkeypatch):
        kept.keep(FIRST)
        journals[0].work()
        path.unlink()
        kept.keep(BEN)
        monkeypatch.setattr(lines, "_FRESH", 0.0)
        kept._lines._lines._fresh_until = 0.0
        assert kept.learners() == ["Ben"]

    def test_without_a_drive_nothing_is_promised(self, browser):
        for work in (Store, record.who, lambda: record.set_who("Ana")):
            assert "Open the course in an ordinary window" in trouble(work)
        assert not browser.exists()

    def test_tables_say_that_pandas_is_not_here(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "pandas", None)
        shown = record.Progress("", (), {}, {})
        for name in ("table", "skills", "misconceptions"):
            with pytest.raises(ImportError, match="pandas is not here"):
                getattr(shown, name)
        assert "0 of 0 questions solved" in repr(shown)
