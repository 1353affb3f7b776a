"""CMS's quarterly tables: read as they are shipped, kept whole or not at all, looked up, compared."""

import gzip
import io
import json
import os
import random
import re
import subprocess
import sys
import time
import tomllib
import warnings
import zipfile
from collections import Counter
from dataclasses import replace
from datetime import date as Date
from pathlib import Path

import cms_files as ship
import pytest
import small_course
from cms_refused import (
    AGAIN,
    DAMAGED,
    FIRST,
    INSIDE,
    LIMITS,
    MUE,
    NAME,
    REFUSED,
    REST,
    TEXT,
    T,
    X,
    Z,
    set_size,
    with_row,
    zip_field,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit import tables
from coursekit.cli import main
from coursekit.cms import asked, compare, edition, moved, naming, rows, shipped, taking
from coursekit.cms.codes import code_text
from coursekit.cms.edition import Edition, Row
from coursekit.course import Course
from coursekit.model import Unreadable

ROOT = Path(__file__).parents[1]
JULY, OCTOBER = Date(2026, 7, 1), Date(2026, 10, 1)


@pytest.fixture(autouse=True)
def own_store(tmp_path, monkeypatch):
    """Keeps tables in a folder of the test's own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def put(folder, files):
    """Write files, each in a folder of its own, as downloads may be; None leaves the file out."""
    for n, (name, data) in enumerate(files.items()):
        path = folder / str(n) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if data is not None:
            path.write_bytes(data)
        yield path


def take(folder, files, **asked_for):
    """Import files given by name, and open the table."""
    return Edition(taking.keep(taking.read(put(folder, files), **asked_for)))


def said(row):
    """A row as the fixture writes it."""
    days = [f"{day:%Y%m%d}" if day else none for day, none in ((row.since, ""), (row.until, "*"))]
    return (row.column_one, row.column_two, "*" * row.before_1996, *days, row.indicator, row.reason)


def all_rows(table):
    """Every row of a small table."""
    codes = bytes(table.section("codes")).decode()
    return [said(row) for row in table.pairs([codes[n : n + 5] for n in range(0, len(codes), 5)])]


# Formats -------------------------------------------------------------------------------------------------------------

QUOTED = ship.HEAD.replace(b"\t", b",") + b"".join(
    b",".join(b'"%s"' % cell.encode() for cell in row) + b"\r\n" for row in ship.PAIRS
)
PADDED = ship.HEAD + b"".join(b"\t".join(cell.encode() + b"  " for cell in row) + b"\r\n" for row in ship.PAIRS)

FORMATS = {
    "text": {f"{NAME}.txt": TEXT},
    "text with plain line ends": {f"{NAME}.TXT": TEXT.replace(b"\r\n", b"\n")},
    "text with a mark of its encoding": {f"{NAME}.txt": b"\xef\xbb\xbf" + TEXT},
    "text without a last line end": {f"{NAME}.txt": TEXT.rstrip()},
    "text with blank lines behind": {f"{NAME}.txt": TEXT + b"\r\n\t\t\t\t\t\t\r\n"},
    "text with an old sign of its end": {f"{NAME}.txt": TEXT + b"\x1a"},
    "text with padded columns": {f"{NAME}.txt": PADDED},
    "comma-separated": {f"{NAME}.csv": ship.text(sep=",")},
    "comma-separated, all quoted": {f"{NAME}.csv": QUOTED},
    "gz": {f"{NAME}.txt.gz": ship.packed(TEXT)},
    "two gz in one": {f"{NAME}.txt.gz": ship.packed(TEXT[:300]) + ship.packed(TEXT[300:])},
    "Excel": {f"{NAME}.xlsx": ship.sheet()},
    "Excel, all cells text": {f"{NAME}.xlsx": ship.sheet(numbers=False)},
    "zip": {f"medicare-ncci-2026q3-practitioner-ptp-edits-{NAME}.zip": ship.archive({f"{NAME}.TXT": TEXT})},
    "zip of Excel": {f"{NAME}.zip": ship.archive({f"{NAME}.xlsx": ship.sheet()})},
    "zip of text and the same as Excel": {
        f"{NAME}.zip": ship.archive({f"{NAME}.xlsx": b"", f"{NAME}.TXT": TEXT, "ReadMe.txt": b"Dear user"})
    },
    "zip of parts": {"q3.zip": ship.archive({f"a/{NAME}-f1.TXT": FIRST, f"a/{NAME}-f2.txt": REST})},
    "parts": {f"{NAME}-f2.txt": REST, f"{NAME}-f1.TXT": FIRST},
    "a zip for each part": {
        f"{NAME}-f1.zip": ship.archive({f"{NAME}-f1.TXT": FIRST}),
        f"{NAME}-f2.zip": ship.archive({f"{NAME}-f2.txt": REST}),
    },
}


@pytest.mark.parametrize("files", FORMATS.values(), ids=FORMATS)
def test_every_format_gives_the_same_rows(tmp_path, files):
    with take(tmp_path, files) as table:
        assert all_rows(table) == list(ship.PAIRS)
        assert (table.name, table.about["rows"]) == ("practitioner-2026-07-01", 6)
        table.check()


def test_a_table_without_reasons_is_read(tmp_path):
    bare = b"\n".join(line.rpartition(b"\t")[0] for line in TEXT.splitlines()) + b"\n"
    with take(tmp_path, {f"{NAME}.txt": bare}) as table:
        assert all_rows(table) == [(*row[:6], "") for row in ship.PAIRS]


LIMIT_ROWS = [
    ["© AMA, DME"],
    ["HCPCS/\nCPT Code", "Practitioner Services MUE Values", "MUE Adjudication Indicator", "MUE Rationale"],
]


@pytest.mark.parametrize(
    "files",
    [
        {MUE: LIMITS},
        {f"{MUE}.gz": ship.packed(LIMITS)},
        {"2026-q3-practitioner-services-mue-table.zip": ship.archive({MUE: LIMITS})},
        {MUE.replace(".csv", ".xlsx"): ship.sheet(rows=[*LIMIT_ROWS, *ship.LIMITS])},
    ],
    ids=["csv", "gz", "zip", "Excel"],
)
def test_daily_limits_are_read_below_a_heading_of_two_lines(tmp_path, files):
    with take(tmp_path, files) as table:
        assert table.name == "mue-2026-07-01"
        for code, units, indicator, reason in ship.LIMITS:
            assert table.limit(code) == edition.Limit(code, int(units), indicator, reason)
        assert table.limit("97140") is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ccipra-v300r0.txt", "practitioner-2024-01-01"),
        ("ccipra-v313r1-f1.txt", "practitioner-2025-10-01"),
        ("ccioph-v321r0.txt", "hospital-2026-04-01"),
        ("medicare-ncci-2026-q4-hospital-ptp-edits.txt", "hospital-2026-10-01"),
        ("ptp_practitioner_20240701.tsv", "practitioner-2024-07-01"),
        ("ccipra 2026-07-01.txt", "practitioner-2026-07-01"),
    ],
)
def test_names_tell_kind_and_effective_date(tmp_path, name, expected):
    taken = taking.read(put(tmp_path, {name: TEXT}))
    assert edition.name_of(taken.kind, taken.effective) == expected


@pytest.mark.parametrize(
    "title", [b"Version 32.2\r\n", b"Effective July 1, 2026\r\n", b"Practitioner edits, effective 07/01/2026\t\r\n"]
)
def test_a_title_line_may_tell_the_effective_date(tmp_path, title):
    assert taking.read(put(tmp_path, {"ccipra.txt": title + TEXT})).effective == JULY


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (b"Practitioner Services", "mue-2026-07-01"),
        (b"Outpatient Hospital Services", "mue-hospital-2026-07-01"),
        (b"DME Supplier Services", "mue-supplier-2026-07-01"),
    ],
)
def test_the_heading_tells_whose_limits_they_are(tmp_path, setting, expected):
    with take(tmp_path, {"MUE_Eff_07-01-2026.csv": ship.limits(setting=setting)}) as table:
        assert table.name == expected


def test_kind_and_date_may_be_said_where_names_do_not_tell(tmp_path):
    taken = taking.read(put(tmp_path, {"table.txt": TEXT}), "hospital", OCTOBER)
    assert (taken.kind.name, taken.effective) == ("hospital", OCTOBER)


def test_fewer_parts_than_usual_are_imported_and_told(tmp_path):
    taken = taking.read(put(tmp_path, FORMATS["parts"]))
    assert taken.notes == (
        "Parts 1 to 2 were imported. CMS ships such a table in 4 parts; "
        "if there are more, import all of them in one go.",
    )


def test_a_row_later_than_its_table_is_told(tmp_path):
    late = with_row("97140", "97110", "", "20261001", "*", "1", ship.STANDARDS)
    assert taking.read(put(tmp_path, {f"{NAME}.txt": late})).notes == (
        "A row takes effect on 2026-10-01, after the table's own date 2026-07-01. See that the date is right.",
    )


CODE = st.from_regex(r"[0-9A-Z][0-9]{3}[0-9A-Z]", fullmatch=True)
DAYS = st.sampled_from(["19960101", "20200101", "20201231"])
ROWS = st.lists(
    st.tuples(
        st.one_of(st.sampled_from(["97140", "97124"]), CODE),
        CODE,
        st.sampled_from(["", "*"]),
        st.one_of(st.just(""), DAYS),
        st.just("*"),
        st.sampled_from("019"),
        st.one_of(st.sampled_from([ship.STANDARDS, ship.MISUSE]), st.text("abé x", max_size=90).map(str.strip)),
    ),
    min_size=1,
    max_size=60,
)


@given(ROWS, st.integers(1, 4000))
@settings(deadline=None, max_examples=60)
def test_rows_are_read_as_they_stand_whatever_they_say_and_however_the_file_is_cut(table_rows, block):
    body = ship.text(table_rows)
    reader = rows.Reader()
    reader.add("x.txt", (body[n : n + block] for n in range(0, len(body), block)))
    table = reader.table()
    codes = [code_text(column).decode() for column in (table.one, table.two)]
    found = [
        (codes[0][5 * n : 5 * n + 5], codes[1][5 * n : 5 * n + 5], table.terms[term])
        for n, term in enumerate(table.term)
    ]
    expected = [
        (one, two, (indicator, int(since or 0), 0, " ".join(reason.split()), old))
        for one, two, old, since, _, indicator, reason in table_rows
    ]
    plain = [(one, two, (*term[:3], " ".join(term[3].split()), term[4])) for one, two, term in found]
    assert plain == sorted(expected, key=lambda row: row[:2])


@given(st.lists(CODE, min_size=1))
def test_codes_become_numbers_in_their_order_and_back(codes):
    numbers = compare._numbers(codes)
    assert code_text(numbers).decode() == "".join(codes)
    assert [codes[n] for n in numbers.argsort(kind="stable")] == sorted(codes)


# What is refused -----------------------------------------------------------------------------------------------------


def kept(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def earlier(tmp_path):
    """A store with earlier tables, and what is in it."""
    for files in ({f"{NAME}.txt": TEXT}, {"ccioph-v322r0.txt": TEXT}, {MUE: LIMITS}):
        take(tmp_path / "earlier", files).close()
    return kept(edition.folder())


@pytest.mark.parametrize(("files", "says"), REFUSED.values(), ids=REFUSED)
def test_a_bad_file_gives_one_error_and_leaves_the_store_as_it_was(tmp_path, earlier, capsys, files, says):
    paths = [str(path) for path in put(tmp_path, files)]
    assert main(["edits", "import", *paths, "--json"]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"coursekit: {says.replace('{0}', paths[0])}\n")
    assert kept(edition.folder()) == earlier
    assert {path.name for path in tmp_path.iterdir()} <= {"data", "earlier", "0", "1"}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            ["--kind", "hospital"],
            f"--kind says hospital, and the name {T} says practitioner. Leave --kind out, or mend the name.",
        ),
        (
            ["--kind", "mue"],
            f"{T}: --kind says mue, and the file holds pairs of codes. It can be: practitioner, hospital.",
        ),
        (
            ["--effective", "2026-04-01"],
            f"--effective says 2026-04-01, and the name {T} says 2026-07-01. Leave --effective out, or mend the name.",
        ),
        (["--effective", "July"], "“July” is not a date. Write it as year-month-day: 2026-03-04."),
        (
            ["--kind", "practicioner"],
            "“practicioner” is not a kind of table. Did you mean “practitioner”? Known: practitioner, hospital, mue, "
            "mue-hospital, mue-supplier.",
        ),
    ],
)
def test_options_that_contradict_the_file_are_refused(tmp_path, earlier, capsys, options, says):
    (path,) = put(tmp_path, {T: TEXT})
    assert main(["edits", "import", str(path), *options]) == 2
    assert capsys.readouterr().err == f"coursekit: {says}\n"
    assert kept(edition.folder()) == earlier


def test_a_folder_a_pipe_and_a_device_are_refused_without_reading(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path, says in (
        (tmp_path, f"{tmp_path} is a folder. Name the files in it."),
        (tmp_path / "pipe", f"{tmp_path / 'pipe'} is not a plain file. Name a file that CMS ships."),
        (Path("/dev/zero"), "/dev/zero is not a plain file. Name a file that CMS ships."),
    ):
        with pytest.raises(Unreadable, match=f"^{re.escape(says)}$"):
            taking.read([path])


def test_one_file_named_twice_is_refused(tmp_path):
    (path,) = put(tmp_path, {T: TEXT})
    with pytest.raises(Unreadable, match=f"^{re.escape(str(path))} is named twice. Import each part once.$"):
        taking.read([path, path])


def test_a_line_of_ten_gigabytes_is_refused_at_once(tmp_path):
    path = tmp_path / T
    path.write_bytes(TEXT + b"97140")
    os.truncate(path, 10 * 1024**3)  # a hole in the file: zeros that take no room
    began = time.monotonic()
    with pytest.raises(Unreadable, match="line 13: the line is longer than 64,000 characters"):
        taking.read([path])
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("name", [f"{T}.gz", Z])
def test_an_archive_that_never_ends_is_stopped(tmp_path, monkeypatch, name):
    monkeypatch.setattr(shipped, "MOST_BYTES", 3_000_000)
    bomb = ship.HEAD + b"97140\t97124\t\t20200101\t*\t1\tx\r\n" * 200_000
    if name == Z:
        bomb = zip_field(ship.archive({T: bomb}), None, 24, set_size(2_999_999))
        says = f"{INSIDE} {DAMAGED}"
    else:
        bomb, says = ship.packed(bomb), f"{name} unpacks to more than 2 MB, and no table of CMS does. {AGAIN}"
    with pytest.raises(Unreadable, match=f"^{re.escape(says)}$"):
        taking.read(put(tmp_path, {name: bomb}))


def test_an_excel_file_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "MOST_BYTES", 4_000_000)
    large = ship.sheet(more="<!--" + " " * 3_000_000 + "-->")
    says = f"{X} unpacks to more than 1 MB, and no sheet of CMS does. {AGAIN}"
    with pytest.raises(Unreadable, match=f"^{re.escape(says)}$"):
        taking.read(put(tmp_path, {X: large}))


def test_excel_without_its_reader_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(Unreadable, match=r"Run: pip install 'coursekit\[tables\]', or import the text file"):
        taking.read(put(tmp_path, {X: ship.sheet()}))


SOUND = {
    T: TEXT,
    f"{NAME}.csv": ship.text(sep=","),
    f"{T}.gz": ship.packed(TEXT),
    Z: ship.archive({T: TEXT}),
    X: ship.sheet(),
    MUE: LIMITS,
}


def harmed(data, chance):
    """The same bytes with a few of them changed, left out, doubled or put in."""
    data = bytearray(data)
    for _ in range(chance.choice([1, 2, 5, 20])):
        at, much = chance.randrange(len(data) + 1), chance.choice([1, 5, 50, 500])
        new = chance.choice(
            [b"", b"\n", b"\t", b'"', b",", b"\0", b"<", b"\r", chance.randbytes(much), bytes(data[:much])]
        )
        data[at : at + chance.choice([0, 1, much])] = new
    return bytes(data)


@pytest.mark.parametrize("name", SOUND)
def test_whatever_happened_to_a_file_it_gives_a_table_or_one_message(tmp_path, name):
    chance = random.Random(name)
    (path,) = put(tmp_path, {name: b""})
    for _ in range(120):
        data = SOUND[name]
        if name == X:  # a member, as the sum of the whole would only show that it is harmed
            with zipfile.ZipFile(io.BytesIO(data)) as book:
                members = {inside: book.read(inside) for inside in book.namelist()}
            inside = chance.choice(list(members))
            data = ship.archive({**members, inside: harmed(members[inside], chance)})
        path.write_bytes(data if name == X else harmed(data, chance))
        try:
            assert len(taking.read([path]).table.one)
        except naming.BadTable as error:
            assert str(error).isprintable() and re.search(r"\.$|-edits$|--(kind|effective) \S[^.]*$", str(error))


# The store -----------------------------------------------------------------------------------------------------------


def test_an_import_that_is_stopped_leaves_nothing_behind(tmp_path, earlier, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    taken = taking.read(put(tmp_path, {T: ship.text(ship.PAIRS[:-1] * 2)}))
    monkeypatch.setattr(edition.os, "fsync", stop)
    with pytest.raises(KeyboardInterrupt):
        taking.keep(taken)
    assert kept(edition.folder()) == earlier


def test_a_full_disk_is_told_and_leaves_nothing_behind(tmp_path, earlier, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    taken = taking.read(put(tmp_path, {T: TEXT}))
    monkeypatch.setattr(edition.os, "fsync", full)
    says = (
        f"The table was not kept in {edition.folder()}: No space left on device. Mend that, then try again; "
        "earlier tables are as they were."
    )
    with pytest.raises(Unreadable, match=f"^{re.escape(says)}$"):
        taking.keep(taken)
    assert kept(edition.folder()) == earlier


def test_what_was_written_wrongly_does_not_take_the_place_of_what_is_there(tmp_path, earlier, monkeypatch):
    taken = taking.read(put(tmp_path, {T: TEXT}))
    monkeypatch.setattr(edition.zlib, "crc32", lambda data, start=0: id(data))
    with pytest.raises(Unreadable, match="is damaged. Delete it, and import the table again"):
        taking.keep(taken)
    assert kept(edition.folder()) == earlier


def test_a_copy_that_lost_rows_does_not_take_the_place_of_a_fuller_one(tmp_path, earlier):
    short = taking.read(put(tmp_path, {T: ship.text(ship.PAIRS[:4])}))
    place = edition.folder() / "practitioner-2026-07-01.table"
    says = (
        f"{T}: it has 4 rows, and the copy of practitioner-2026-07-01 imported earlier has 6. Get the file again, as "
        f"it seems to be cut short; if it is whole, delete {place} first."
    )
    with pytest.raises(Unreadable, match=f"^{re.escape(says)}$"):
        taking.keep(short)
    assert kept(edition.folder()) == earlier


def test_importing_an_edition_again_takes_the_place_of_the_earlier_copy(tmp_path, earlier, capsys):
    (path,) = put(tmp_path, {T: with_row("97150", "97124", "", "20260701", "*", "1", ship.STANDARDS)})
    assert main(["edits", "import", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["edition"], found["rows"], found["replaced"]) == ("practitioner-2026-07-01", 7, True)
    assert len(list(edition.folder().iterdir())) == 3


@pytest.mark.parametrize(
    "damage", [lambda d: d[:-9], lambda d: d[:30], lambda d: b"x" + d[1:], lambda d: b"", lambda d: d + b"x"]
)
def test_a_damaged_store_says_what_to_do(earlier, damage):
    path = edition.folder() / "practitioner-2026-07-01.table"
    path.write_bytes(damage(path.read_bytes()))
    why = "is damaged, or of another version of coursekit"
    says = f"{path} {why}. Delete it, and import the table again: {edition.IMPORT}"
    with pytest.raises(Unreadable, match=f"^{re.escape(says)}$"):
        edition.named("practitioner")


def test_a_pair_gives_all_its_rows_the_first_to_end_first(tmp_path):
    with take(tmp_path, {T: TEXT}) as table:
        assert table.rows("97140", "97124") == (
            Row("97140", "97124", "1", Date(2020, 1, 1), Date(2020, 12, 31), ship.MISUSE),
            Row("97140", "97124", "0", Date(2021, 1, 1), None, ship.STANDARDS),
        )
        assert table.rows("97124", "97140") == table.rows("97140", "99999") == table.rows("", "97140") == ()
        assert (table.knows("0213T"), table.knows("97141"), table.limit("97141")) == (True, False, None)


@pytest.mark.parametrize(
    ("pair", "day", "held"),
    [
        (("97140", "97124"), "2019-12-31", ""),
        (("97140", "97124"), "2020-01-01", "1"),
        (("97140", "97124"), "2020-12-31", "1"),
        (("97140", "97124"), "2021-01-01", "0"),
        (("97110", "97124"), "1996-01-01", ""),  # voided
        (("97530", "97140"), "1990-01-01", "1"),  # nobody published since when
        (("G0283", "97032"), "2023-12-31", "1"),
        (("G0283", "97032"), "2024-01-01", ""),
    ],
)
def test_a_row_holds_from_its_effective_date_to_its_deletion_date(tmp_path, pair, day, held):
    with take(tmp_path, {T: TEXT}) as table:
        assert "".join(row.indicator for row in table.rows(*pair) if row.holds(Date.fromisoformat(day))) == held


def test_the_newest_edition_not_after_the_date_of_service_answers(tmp_path):
    for name in ("ccipra-v320r0.txt", "ccipra-v322r0.txt", "ccipra-v321r0.txt", "ccioph-v322r0.txt"):
        take(tmp_path / name, {name: TEXT}).close()
    for day, answers in (
        ("2026-03-31", "practitioner-2026-01-01"),
        ("2026-04-01", "practitioner-2026-04-01"),
        ("2030-01-01", "practitioner-2026-07-01"),
        ("2020-01-01", "practitioner-2026-01-01"),
    ):
        assert edition.on("practitioner", Date.fromisoformat(day)).name == answers
    assert edition.named("practitioner-2026-04-01").effective == Date(2026, 4, 1)
    assert edition.named("hospital").name == edition.named("2026-07-01").name.replace("practitioner", "hospital")


def test_an_edition_that_is_not_there_is_told_with_what_is(tmp_path):
    with pytest.raises(Unreadable, match=r"^“hospital” is not an imported table. None was imported yet. Import one: "):
        edition.named("hospital")
    take(tmp_path, {T: TEXT}).close()
    with pytest.raises(
        Unreadable, match=r"^“practicioner” .* Did you mean “practitioner”\? Imported are: practitioner-2026-07-01.$"
    ):
        edition.named("practicioner")


def test_looking_up_loads_no_library_for_tables(tmp_path):
    take(tmp_path, {T: TEXT}).close()
    code = (
        "import sys; from coursekit.cli import main; status = main(['pair', '--edits', '97124', '97140', '--json']); "
        "heavy = {'numpy', 'pandas', 'python_calamine', 'sqlalchemy'}; "
        "print(status, sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=os.environ)
    assert run.stderr == "0 []\n"
    assert json.loads(run.stdout)["edit"]["indicator"] == "0"


def test_the_extra_for_tests_holds_what_importing_needs():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert set(extras["tables"]) <= set(extras["test"])


# The command line ----------------------------------------------------------------------------------------------------


def run(capsys, *argv):
    status = main([*argv, "--json"])
    out, err = capsys.readouterr()
    return status, json.loads(out) if out else err


def test_a_pair_of_the_whole_table_is_told_either_way_round(tmp_path, capsys):
    take(tmp_path, {T: TEXT}).close()
    status, found = run(capsys, "pair", "--edits", "97124", "97140", "--date", "2026-07-04")
    assert (status, found) == run(capsys, "pair", "97140", "97124", "--edits", "--date", "2026-07-04")
    about = f"Table effective July 1, 2026, imported from {T}"
    assert (status, found) == (
        0,
        {
            "edit": {
                "column_one": "97140",
                "column_two": "97124",
                "indicator": "0",
                "since": "2021-01-01",
                "until": None,
                "reason": ship.STANDARDS,
            },
            "modifier_can_help": False,
            "modifiers": [],
            "edition": about,
            "says": "Medicare does not pay 97124 beside 97140 since January 1, 2021, with any modifier: indicator 0. "
            f"97140 stays. CMS's reason: {ship.STANDARDS}.",
            "source": {
                "id": "practitioner-2026-07-01",
                "title": "NCCI procedure-to-procedure edits, practitioner services",
                "where": "Column one 97140, column two 97124",
                "edition": about,
                "link": naming.PAIRS_PAGE,
            },
        },
    )


def test_a_pair_outside_the_course_is_told_too(tmp_path, capsys):
    with_more = with_row("11042", "97597", "", "20100101", "*", "1", ship.STANDARDS)
    take(tmp_path, {T: with_more}).close()
    _, found = run(capsys, "pair", "--edits", "97597", "11042", "--date", "2026-07-04")
    assert (found["edit"]["indicator"], found["modifier_can_help"], found["modifiers"]) == (
        "1",
        True,
        ["59", "XE", "XP", "XS", "XU"],
    )
    _, found = run(capsys, "pair", "--edits", "97597", "11042", "--date", "2014-07-04")
    assert found["modifiers"] == ["59"]
    assert found["says"].endswith("The oldest table imported holds from July 1, 2026; it keeps ended rows, and was "
                                  "read for the earlier date.")  # fmt: skip


def test_a_pair_that_ended_was_voided_or_is_unknown_is_told(tmp_path, capsys):
    take(tmp_path, {T: TEXT}).close()
    none = "Medicare has no edit for {} and {} on July 4, 2026; a modifier would do nothing. "
    for codes, more in (
        (("97032", "G0283"), "An edit held until December 31, 2023."),
        (("97124", "97110"), "A row of this pair was voided and never held."),
        (("97124", "12345"), "12345 stands nowhere in the table."),
    ):
        status, found = run(capsys, "pair", "--edits", *codes, "--date", "2026-07-04")
        assert (status, found["edit"], found["says"]) == (0, None, none.format(*codes) + more)


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["9714", "97124"], "“9714” is not a code: codes have five characters, such as 97124 or G0283."),
        (["97124", "97124"], "97124 is named twice. A pair is two different codes."),
        (
            ["97124", "97140", "--payer", "plan_juniper"],
            "Plan Juniper does not follow CMS's pair edits. Leave --edits out to see what it follows.",
        ),
        (
            ["97124", "97140", "--edition", "mue"],
            "mue-2026-07-01 holds daily limits. Name a table of pairs: practitioner, hospital.",
        ),
    ],
)
def test_a_pair_that_cannot_be_asked_is_refused(earlier, capsys, argv, says):
    assert run(capsys, "pair", "--edits", *argv) == (2, f"coursekit: {says}\n")


def test_without_a_table_a_pair_says_where_to_get_one(capsys):
    assert run(capsys, "pair", "--edits", "97124", "97140") == (
        2,
        "coursekit: No NCCI procedure-to-procedure edits, practitioner services were imported. Get them from "
        f"{naming.PAIRS_PAGE}, then: coursekit edits import FILE...\n",
    )


def test_the_tables_that_were_imported_are_listed(earlier, capsys):
    status, found = run(capsys, "edits", "list")
    assert status == 0
    assert [(row["edition"], row["rows"]) for row in found["editions"]] == [
        ("hospital-2026-07-01", 6),
        ("mue-2026-07-01", 4),
        ("practitioner-2026-07-01", 6),
    ]


@pytest.mark.parametrize("verb", [["import", "{}"], ["list"], ["diff", "practitioner", "practitioner"], ["check"]])
def test_people_get_words_and_no_braces(tmp_path, earlier, capsys, verb):
    (path,) = put(tmp_path, {T: TEXT})
    assert main(["edits", *(word.format(path) for word in verb)]) in (0, 1)
    out, err = capsys.readouterr()
    assert out.strip() and "{" not in out and err == ""


# What changed --------------------------------------------------------------------------------------------------------

OLD = (
    ("97124", "97018", "", "20200101", "20201231", "1", ship.STANDARDS),  # comes back
    ("97140", "97124", "", "20200101", "*", "0", ship.STANDARDS),  # turns
    ("97150", "97124", "", "20200101", "*", "1", ship.STANDARDS),  # ends
    ("97530", "97116", "", "20200101", "*", "1", ship.STANDARDS),  # goes without a word
    ("97530", "97124", "", "20200101", "*", "1", ship.STANDARDS),  # stays
    ("97530", "97542", "", "20200101", "20201231", "1", ship.STANDARDS),  # its end moves
    ("11042", "97597", "", "20200101", "*", "1", ship.STANDARDS),  # turns, outside the course
)
NEW = (
    ("97124", "97018", "", "20200101", "20201231", "1", ship.STANDARDS),
    ("97124", "97018", "", "20261001", "*", "1", ship.STANDARDS),
    ("97110", "97032", "", "20261001", "*", "0", ship.MISUSE),
    ("97140", "97124", "", "20200101", "20260930", "0", ship.STANDARDS),
    ("97140", "97124", "", "20261001", "*", "1", ship.STANDARDS),
    ("97150", "97124", "", "20200101", "20260930", "1", ship.STANDARDS),
    ("97530", "97124", "", "20200101", "*", "1", ship.MISUSE),
    ("97530", "97542", "", "20200101", "20210131", "1", ship.STANDARDS),
    ("11042", "97597", "", "20200101", "*", "0", ship.STANDARDS),
)


def test_a_diff_says_what_changed_first_for_the_codes_of_the_course(tmp_path, capsys):
    take(tmp_path / "old", {T: ship.text(OLD)}).close()
    (path,) = put(tmp_path, {"ccipra-v323r0.txt": ship.text(NEW)})
    status, found = run(capsys, "edits", "diff", "practitioner-2026-07-01", str(path), "--all")
    whats = {f"{row['column_one']} {row['column_two']}": row["what"] for row in found["course"]}
    assert (status, whats) == (
        0,
        {
            "97110 97032": "added",
            "97124 97018": "put back",
            "97140 97124": "indicator",
            "97150 97124": "ended",
            "97530 97116": "gone",
            "97530 97542": "history",
        },
    )
    assert [(row["column_one"], row["what"]) for row in found["others"]] == [("11042", "indicator")]
    assert found["counts"]["whole"] == {"added": 1, "put back": 1, "ended": 1, "gone": 1, "indicator": 2, "history": 1}
    assert found["counts"]["course"]["indicator"] == 1
    ended = next(row for row in found["course"] if row["what"] == "ended")
    assert (ended["before"]["until"], ended["after"]["until"]) == (None, "2026-09-30")
    assert (found["old"]["rows"], found["new"]["rows"]) == (7, 9)


def test_imported_or_not_a_table_compares_alike(tmp_path, capsys):
    paths = [*map(str, put(tmp_path, {T: ship.text(OLD), "ccipra-v323r0.txt": ship.text(NEW)}))]
    for path in paths:
        assert main(["edits", "import", path]) == 0
    capsys.readouterr()
    _, by_file = run(capsys, "edits", "diff", *paths)
    _, by_name = run(capsys, "edits", "diff", "2026-07-01", "practitioner")
    assert {**by_file, "old": 0, "new": 0} == {**by_name, "old": 0, "new": 0}


def test_a_diff_of_limits_names_units_and_indicators(tmp_path, capsys):
    changed = (
        ("97014", "0", "2 Date of Service Edit: Policy", ""),
        ("97124", "3", "3 x", ""),
        ("97140", "6", "3 x", ""),
    )
    paths = put(tmp_path, {MUE: LIMITS, MUE.replace("07-01", "10-01"): ship.limits(changed)})
    _, found = run(capsys, "edits", "diff", *map(str, paths), "--all")
    assert {row["code"]: row["what"] for row in [*found["course"], *found["others"]]} == {
        "97014": "indicator",
        "97124": "units",
        "97140": "added",
        "98940": "gone",
        "A4223": "gone",
    }
    assert [row["code"] for row in found["others"]] == ["A4223"]


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ((T, MUE), "are tables of two kinds. Compare two editions of one kind."),
        (("ccipra-v323r0.txt", T), "Name the earlier one first."),
    ],
)
def test_two_tables_that_do_not_go_together_are_refused(tmp_path, capsys, names, says):
    paths = put(tmp_path, {name: LIMITS if name == MUE else TEXT for name in names})
    status, err = run(capsys, "edits", "diff", *map(str, paths))
    assert status == 2 and err.endswith(f"{says}\n") and err.count("\n") == 1


# What that moves -----------------------------------------------------------------------------------------------------


def course_rows(change=lambda row: row):
    """The course's own rows as CMS would ship them, each changed or left out (None)."""
    for (edit_list, *_), edits in sorted(tables.edits().items()):
        for edit in edits:
            if edit_list == "ncci" and not moved._elsewhere(edit) and (edit := change(edit)):
                days = [f"{day:%Y%m%d}" if day else none for day, none in ((edit.since, ""), (edit.until, "*"))]
                yield (edit.column_one, edit.column_two, "", *days, edit.indicator, edit.rationale)


def changed(column_one, column_two, **change):
    """A change of the row in force of one pair; without a change the row is left out."""

    def one(edit):
        if (edit.column_one, edit.column_two) == (column_one, column_two) and edit.indicator != "9" and not edit.until:
            return replace(edit, **change) if change else None
        return edit

    return one


@pytest.fixture
def course(tmp_path):
    """A small course with a case of 98940 and 97124 for a payer that follows CMS's pairs."""
    return Course(small_course.write(tmp_path / "course"))


def checked(tmp_path, course, rows_of_cms, name="ccipra-v323r0.txt"):
    with take(tmp_path / "cms", {name: ship.text(rows_of_cms)}) as table:
        return moved.check(course, table)


def test_a_table_that_agrees_moves_nothing(tmp_path, course):
    found = checked(tmp_path, course, course_rows())
    assert (found["rows"], found["rules"], found["exercises"], found["read_again"]) == ([], [], [], [])
    known = sum(len(edits) for (edit_list, *_), edits in tables.edits().items() if edit_list == "ncci")
    assert found["agreeing"] == known


@pytest.mark.parametrize(
    ("change", "what", "says"),
    [
        (
            changed("98940", "97124", indicator="0"),
            "indicator",
            "98940, 97124: the indicator is 0, and the course has 1.",
        ),
        (changed("98940", "97124"), "gone", "98940, 97124: the table has no such row any more."),
        (
            changed("98940", "97124", until=Date(2026, 9, 30)),
            "ended",
            "98940, 97124: it ended on 2026-09-30, and the course has it in force.",
        ),
    ],
)
def test_a_row_that_changed_is_named_with_its_rules_and_the_answers_that_move(tmp_path, course, change, what, says):
    found = checked(tmp_path, course, course_rows(change))
    assert [(row["column_one"], row["column_two"], row["what"], row["says"]) for row in found["rows"]] == [
        ("98940", "97124", what, says)
    ]
    assert "separate_region" in [rule["id"] for rule in found["rules"]]
    # An edit that ends in September changes nothing for a visit in March.
    assert [one["name"] for one in found["exercises"]] == ([] if what == "ended" else ["neck"])


def test_an_answer_that_moves_is_told_before_and_after(tmp_path, course):
    (one,) = checked(tmp_path, course, course_rows(changed("98940", "97124", indicator="0")))["exercises"]
    assert one["claim"] == "98940 x1, 97124 x1 XS"
    assert one["changes"][0] == "Best: 98940 x1, 97124 x1 XS → 98940 x1."
    assert "“98940 x1, 97124 x1 XS”: best → not solved (never_together on 97124)." in one["changes"]
    assert "The audit's line 97124: ok → side by side." in one["changes"]


def test_a_new_pair_among_the_codes_of_the_course_is_named(tmp_path, course):
    assert not tables.edits().get(("ncci", "97124", "97032"))
    new = ("97124", "97032", "", "20261001", "*", "1", ship.STANDARDS)
    (row,) = checked(tmp_path, course, [*course_rows(), new])["rows"]
    assert (row["what"], row["course"], row["table"]["since"]) == ("new", None, "2026-10-01")


def test_rows_that_are_known_from_elsewhere_are_not_looked_for(tmp_path, course):
    elsewhere = [
        edit for edits in tables.edits().values() for edit in edits if edit.list == "ncci" and moved._elsewhere(edit)
    ]
    assert {edit.source for edit in elsewhere} == {("compression-2022",)}
    assert checked(tmp_path, course, course_rows())["rows"] == []


def test_a_limit_that_changed_is_named_with_the_answers_that_move(tmp_path, course):
    known = [
        (code, str(row.limit), f"{row.limit_kind} x", "")
        for code, row in tables.codes().items()
        if row.limit is not None and code != "97124"
    ]
    with take(tmp_path, {MUE: ship.limits([*known, ("97124", "0", "3 x", "CMS Policy")])}) as table:
        found = moved.check(course, table)
    assert [(row["code"], row["what"], row["says"]) for row in found["rows"]] == [
        ("97124", "units", f"97124: the limit is 0, and the course has {tables.codes()['97124'].limit}.")
    ]
    assert found["exercises"][0]["name"] == "neck"


def test_the_hospital_table_is_checked_against_the_list_that_leans_on_the_other(tmp_path, course):
    pairs = {(one, two) for edit_list, one, two in tables.edits() if edit_list.startswith("ncci")}
    held = {pair: tables.edit_in_force("ncci-hospital", *pair, OCTOBER) for pair in sorted(pairs)}
    cms = [(*pair, "", "", "*", edit.indicator, "") for pair, edit in held.items() if edit]
    assert checked(tmp_path, course, cms, "ccioph-v323r0.txt")["rows"] == []
    turned = [(*row[:5], "0", "") if row[:2] == ("97161", "97750") else row for row in cms]
    (row,) = checked(tmp_path / "turned", course, turned, "ccioph-v323r0.txt")["rows"]
    assert row["says"] == "97161, 97750: the indicator is 0, and the course has 1."


def test_the_published_tables_are_back_in_place_afterwards(tmp_path, course):
    before = tables.edits(), tables.codes()
    checked(tmp_path, course, course_rows(changed("98940", "97124")))
    assert (tables.edits(), tables.codes()) == before
    with pytest.raises(ZeroDivisionError), tables.using(edits={}):
        assert tables.edits() == {} and tables.edit_in_force("ncci", "98940", "97124", JULY) is None
        raise ZeroDivisionError
    assert tables.edits() is before[0]


def test_a_check_ends_with_1_where_something_moved(tmp_path, course, capsys, monkeypatch):
    monkeypatch.setenv("COURSEKIT_COURSE", str(course.root))
    assert run(capsys, "edits", "check") == (
        2,
        "coursekit: No table was imported yet. Import one: coursekit edits import FILE...\n",
    )
    take(tmp_path / "same", {T: ship.text(course_rows())}).close()
    status, found = run(capsys, "edits", "check")
    assert (status, found["moved"], found["rows"]) == (0, False, [])
    take(tmp_path / "new", {"ccipra-v323r0.txt": ship.text(course_rows(changed("98940", "97124")))}).close()
    status, found = run(capsys, "edits", "check")
    assert (status, found["moved"], found["rows"][0]["edition"]) == (1, True, "practitioner-2026-10-01")
    assert run(capsys, "edits", "check", "--edition", "practitioner-2026-07-01")[0] == 0


def test_a_sealed_course_is_checked_but_for_its_answers(tmp_path):
    sealed = Course(small_course.write(tmp_path / "sealed", sealed=True))
    found = checked(tmp_path, sealed, course_rows(changed("98940", "97124")))
    assert (found["sealed"], len(found["rows"]), found["exercises"]) == (True, 1, [])


# The real tables -----------------------------------------------------------------------------------------------------


NOT_RUN = "The course was not compared with CMS's real tables: COURSEKIT_NCCI names no folder that holds them."


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """The real tables: folder of the files, pairs and limits as imported, seconds and megabytes that it took."""
    place = os.environ.get("COURSEKIT_NCCI")
    if not place:
        # A warning stands at the end of every run; the reason of a skip does so only where it is asked for.
        warnings.warn(NOT_RUN, stacklevel=1)
        pytest.skip(NOT_RUN)
    data = tmp_path_factory.mktemp("real")
    code = (
        "import resource, sys; from coursekit.cli import main; "
        "status = [main(['edits', 'import', path]) for path in sys.argv[1:]]; "
        "print(status, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    files = sorted(str(path) for path in Path(place).glob("*.gz"))
    done = subprocess.run(
        [sys.executable, "-c", code, *files],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "XDG_DATA_HOME": str(data)},
    )
    status, kilobytes = done.stdout.splitlines()[-1].rsplit(" ", 1)
    assert status == str([0] * len(files)), done.stderr
    found = {path.stem: Edition(path) for path in sorted((data / "coursekit" / "tables").iterdir())}
    return Path(place), found["practitioner-2024-07-01"], found["mue-2026-04-01"], int(kilobytes) / 1024


def test_the_whole_real_table_is_imported_within_a_gigabyte(real):
    folder, pairs, limits, megabytes = real
    assert (pairs.about["rows"], limits.about["rows"]) == (2_546_017, 15_095)
    assert megabytes < 1000
    signs = Counter()
    terms = pairs.about["terms"]
    for number, count in Counter(pairs.section("term").tolist()).items():
        signs[terms[number][0]] += count
    assert signs == {"1": 1_707_611, "0": 739_553, "9": 98_853}


def test_rows_of_the_real_table_are_found_as_they_stand_each_in_under_50_microseconds(real):
    folder, pairs, _, _ = real
    with gzip.open(folder / "ptp_practitioner_20240701.tsv.gz", "rt", encoding="latin-1") as lines:
        wanted = [tuple(line.rstrip("\n").split("\t")) for n, line in enumerate(lines) if n and n % 500 == 0]
    best = 1.0
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        began = time.perf_counter()
        found = [pairs.rows(row[0], row[1]) for row in some]
        best = min(best, (time.perf_counter() - began) / len(some))
        assert all(row in map(said, hits) for row, hits in zip(some, found, strict=True))
    assert best < 50e-6


def test_every_row_of_the_course_agrees_with_the_real_table(real):
    _, pairs, _, _ = real
    known = [
        edit
        for edits in tables.edits().values()
        for edit in edits
        if edit.list == "ncci" and not moved._elsewhere(edit)
    ]
    assert len(known) > 1000
    for edit in known:
        matching = [
            row
            for row in pairs.rows(edit.column_one, edit.column_two)
            if (row.indicator, row.until) == (edit.indicator, edit.until) and row.since in (None, edit.since)
        ]
        assert matching, edit


def test_the_course_leaves_out_no_pair_in_force_of_a_code_that_it_has_pairs_of(real):
    _, pairs, _, _ = real
    here = {code for (edit_list, *two) in tables.edits() if edit_list == "ncci" for code in two}
    for row in pairs.pairs(sorted(here)):
        if row.holds(pairs.effective):
            assert tables.edit_in_force("ncci", row.column_one, row.column_two, pairs.effective), row


def test_every_limit_of_the_course_agrees_with_the_real_table(real):
    _, _, limits, _ = real
    for code, row in tables.codes().items():
        limit = limits.limit(code)
        assert (row.limit, row.limit_kind) == ((limit.units, limit.indicator[:1]) if limit else (None, "")), code


def test_the_real_table_moves_no_answer_of_the_course(real):
    _, pairs, limits, _ = real
    for table in (pairs, limits):
        assert moved.check(Course(ROOT), table)["exercises"] == []


def test_what_the_whole_table_says_is_what_the_course_says(real, monkeypatch):
    _, pairs, _, _ = real
    monkeypatch.setattr(edition, "folder", lambda: pairs.path.parent)
    from coursekit.reference import pair

    for one, two in (
        ("97124", "97140"),
        ("98940", "97140"),
        ("97530", "97116"),
        ("98940", "99213"),
        ("97161", "97750"),
    ):
        mine, its = pair(one, two, JULY), asked.pair(one, two, JULY)
        assert mine["modifiers"] == its["modifiers"]
        assert {**(its["edit"] or {}), "reason": 0} == {**(mine["edit"] or {}), "reason": 0}
