"""Files and claims are read strictly: every complaint names file, line, what is wrong and what to do.

`tests/bad` holds broken files. The first lines of each are the complaints that it must raise, word for word. A broken
solution stands in a folder named after the exercise of `tests/bad/good` that it pretends to solve.
"""

import json
import shutil
from pathlib import Path

import pytest
from cases import ROOT

from coursekit.checks import problems
from coursekit.course import Course
from coursekit.files import read_case
from coursekit.model import MOST_LINES, Claim, Unreadable
from coursekit.reading import LOADERS, MOST_BYTES, MOST_DEPTH, MOST_NODES, BadFile, nearest, parse, read

BAD = ROOT / "tests" / "bad"
GOOD = BAD / "good"
BROKEN = sorted([*BAD.glob("exercises/*.yaml"), *BAD.glob("solutions/*/*.yaml")])
FOLDER = "09_broken"
TREES = ("exercises", "solutions", "coursekit/data", "tests/bad/good")
SOUND = sorted(path for tree in TREES for path in (ROOT / tree).rglob("*.yaml"))


def named(path):
    return path.relative_to(BAD).as_posix()


def complaints(path):
    """The complaints at the head of a broken file."""
    lines = path.read_bytes().split(b"\n")
    said = [line.decode()[2:] for line in lines if line.startswith((b"# exercises/", b"# solutions/"))]
    assert said, path
    return said


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What author checks say about a course of broken files, and of the good ones behind them, by name."""
    root = tmp_path_factory.mktemp("broken")
    for tree in ("exercises", "solutions"):
        (root / tree / FOLDER).mkdir(parents=True)
    pairs = {path.stem: (path, None) for path in BROKEN if path.parent.name == "exercises"}
    pairs |= {
        path.stem: (GOOD / "exercises" / f"{path.parent.name}.yaml", path) for path in BROKEN if path.stem not in pairs
    }
    for path in (GOOD / "exercises").glob("*.yaml"):
        pairs[f"good_{path.stem}"] = (path, GOOD / "solutions" / path.name)
    for name, (exercise, solution) in pairs.items():
        shutil.copy(exercise, root / "exercises" / FOLDER / f"{name}.yaml")
        if solution:
            shutil.copy(solution, root / "solutions" / FOLDER / f"{name}.yaml")
    (root / "exercises" / "course.yaml").write_text("id: broken\ntitle: Broken\n")
    (root / "notebooks").mkdir()
    cells = [{"cell_type": "code", "source": f'exercise("{name}")'} for name in pairs]
    (root / "notebooks" / f"{FOLDER}.ipynb").write_text(json.dumps({"cells": cells}))
    found = {name: [] for name in pairs}
    for problem in problems(Course(root)):
        found[Path(problem.file).stem].append(f"{problem.file}, line {problem.line}: {problem.says}")
    return found


# Broken files --------------------------------------------------------------------------------------------------------


def test_no_two_broken_files_share_a_name():
    assert len({path.stem for path in BROKEN}) == len(BROKEN)


@pytest.mark.parametrize("path", BROKEN, ids=named)
def test_a_broken_file_gives_just_the_complaint_that_it_should(path, told):
    assert told[path.stem] == complaints(path)


def test_the_good_files_behind_the_broken_ones_raise_no_complaint(told):
    good = {name: said for name, said in told.items() if name.startswith("good_")}
    assert good == {f"good_{path.stem}": [] for path in (GOOD / "exercises").glob("*.yaml")}


# The two parsers -----------------------------------------------------------------------------------------------------


def outcome(path, loader):
    """The tree with its line numbers, or the complaint."""
    try:
        return read(path, loader=loader)
    except BadFile as error:
        return str(error)


def test_there_are_two_parsers_to_compare():
    assert [loader.__name__ for loader in LOADERS] == ["CSafeLoader", "SafeLoader"]


@pytest.mark.parametrize("path", SOUND, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_both_parsers_read_a_file_of_the_course_as_one(path):
    fast, plain = (read(path, loader=loader) for loader in LOADERS)
    assert fast == plain


@pytest.mark.parametrize("path", BROKEN, ids=named)
def test_both_parsers_agree_on_a_broken_file(path):
    fast, plain = (outcome(path, loader) for loader in LOADERS)
    assert fast == plain


# What is read --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    "text", ["10:00", "59", "yes", "no", "null", "~", "1e3", "0x10", "2026-03-04", "0012", ".inf", "98940 x1"]
)
def test_every_scalar_is_text(text, loader):
    assert parse(f"key: {text}\n".encode(), "x.yaml", loader).entries["key"].text == text


@pytest.mark.parametrize("loader", LOADERS)
def test_a_block_of_text_keeps_its_lines(loader):
    assert parse(b"note: |\n  One\n    two\n  three\n", "x.yaml", loader).entries["note"].text == "One\n  two\nthree\n"


@pytest.mark.parametrize("loader", LOADERS)
def test_every_node_knows_its_line(loader):
    root = parse(b"# A comment\none: 1\n\nmany:\n- a\n- b: 2\n", "x.yaml", loader).entries
    lines = root["one"].line, root["many"].items[0].line, root["many"].items[1].entries["b"].line
    assert lines == (2, 5, 6)


def complaint(data, loader=LOADERS[0]):
    with pytest.raises(BadFile) as caught:
        parse(data, "x.yaml", loader)
    return str(caught.value)


def test_a_file_of_256_kib_is_read_and_one_byte_more_is_refused():
    data = b"key: " + b"a" * (MOST_BYTES - 5)
    assert len(parse(data, "x.yaml").entries["key"].text) == MOST_BYTES - 5
    assert complaint(data + b"a") == "x.yaml, line 1: The file has 262,145 bytes; the limit is 262,144."


@pytest.mark.parametrize("loader", LOADERS)
def test_ten_levels_are_read_and_eleven_are_refused(loader):
    for depth in (MOST_DEPTH, MOST_DEPTH + 1):
        data = b"[" * depth + b"deep" + b"]" * depth
        if depth == MOST_DEPTH:
            assert parse(data, "x.yaml", loader).items
        else:
            assert complaint(data, loader) == "x.yaml, line 1: The file is nested too deeply or has too many entries."


def test_a_file_of_too_many_entries_is_refused():
    # A stream, a document and a list begin and end around the entries.
    fits = MOST_NODES - 6
    assert len(parse(b"- a\n" * fits, "x.yaml").items) == fits
    said = complaint(b"- a\n" * (fits + 1))
    assert said == f"x.yaml, line {fits + 2}: The file is nested too deeply or has too many entries."


@pytest.mark.parametrize("data", [b"", b"\n\n", b"# Only a comment\n"])
@pytest.mark.parametrize("loader", LOADERS)
def test_a_file_without_content_is_refused(data, loader):
    assert complaint(data, loader) == "x.yaml, line 1: The file is empty."


@pytest.mark.parametrize("loader", LOADERS)
def test_characters_that_yaml_does_not_allow_are_refused(loader):
    said = complaint(b"key: a\x00b\n", loader)
    assert said == "x.yaml, line 1: The file holds characters that YAML does not allow."


@pytest.mark.parametrize("loader", LOADERS)
def test_aliases_cannot_blow_a_file_up(loader):
    bomb = b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    said = "Anchors and aliases (& and *) are not used in course files. Quote the text."
    assert complaint(bomb, loader) == f"x.yaml, line 1: {said}"


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BadFile) as caught:
        read(tmp_path / "gone.yaml")
    assert str(caught.value) == "gone.yaml, line 1: The file cannot be read: No such file or directory."


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("cervicle", " Did you mean “cervical”?"),
        ("Lumbar ", " Did you mean “lumbar”?"),
        ("LUMBAR", " Did you mean “lumbar”?"),
        ("xyz", ""),
    ],
)
def test_the_nearest_known_word_is_named_where_there_is_one(word, hint):
    assert nearest(word, ("cervical", "lumbar")) == hint


# Claims --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Visits come first, then manipulations, then the rest: column one mostly stands before column two.
        ("97124 x1 XS, 98940 x1, 97012, 99213 25", "99213 x1 25, 98940 x1, 97012 x1, 97124 x1 XS"),
        ("97124", "97124 x1"),
        (" 97124  X2  xs 59 ", "97124 x2 59 XS"),
        ("97124 ×2", "97124 x2"),
        ("97124 XS XS", "97124 x1 XS"),
        ("g0283", "G0283 x1"),
        ("97124 ask", "97124 ask"),
        ("97124 ASK, 97124 ask, 98940", "98940 x1, 97124 ask"),
        ("nothing", "nothing"),
        (" Nothing ", "nothing"),
        ("97124 x1, 97124 x1", "97124 x1, 97124 x1"),
        ("97124 x99", "97124 x99"),
        # Two characters may be a modifier: only the tables know that there is none of this name.
        ("97124 XS x1", "97124 x1 X1 XS"),
    ],
)
def test_a_claim_is_read_as_people_write_it(text, expected):
    assert str(Claim.parse(text)) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "There is an empty line in the claim. Write lines like 97124 x1 XS, parted by commas."),
        ("97124 x1,", "There is an empty line in the claim. Write lines like 97124 x1 XS, parted by commas."),
        ("9712 x1", "“9712 x1” does not start with a five-character code. Write a line like 97124 x1 XS."),
        ("massage", "“massage” does not start with a five-character code. Write a line like 97124 x1 XS."),
        ("97124 x0", "“97124 x0” bills 0 units. Units run from 1 to 99; to bill none, leave the line out."),
        ("97124 x100", "“97124 x100” bills 100 units. Units run from 1 to 99; to bill none, leave the line out."),
        ("97124 -1", "“-1” in “97124 -1” is not a modifier. Modifiers have two characters, units are written x1."),
        ("97124 1 XS", "“1” in “97124 1 XS” is not a modifier. Modifiers have two characters, units are written x1."),
        ("97124 x¹", "“X¹” in “97124 x¹” is not a modifier. Modifiers have two characters, units are written x1."),
    ],
)
def test_what_is_not_a_claim_is_unreadable_and_says_how_to_write_it(text, says):
    with pytest.raises(Unreadable) as caught:
        Claim.parse(text)
    assert str(caught.value) == says


def test_a_claim_of_24_lines_is_read_and_one_of_25_is_refused():
    assert len(Claim.parse(", ".join(["97124 x1"] * MOST_LINES)).lines) == MOST_LINES
    with pytest.raises(Unreadable) as caught:
        Claim.parse(", ".join(["97124 x1"] * (MOST_LINES + 1)))
    assert str(caught.value) == "A claim of 25 lines is too long; the limit is 24."


# Case files ----------------------------------------------------------------------------------------------------------

CASE = """date: 2026-03-04
payer: plan_cedar
provider: chiropractor
note: |
  9:58 Spinal adjustment L4-L5.
  10:05-10:20 Kneading   strokes
  to the neck.
facts:
- did: spinal adjustment
  region: low back
  at: 9:58
  quote: Spinal adjustment L4-L5
- did: petrissage
  region: Neck
  minutes: 15
  at: block 2
  quote:
    did: Kneading strokes to the neck
    minutes: 10:05-10:20
"""


HOW_TO_WRITE_A_TIME = "Write 10:05 (24 hours), or “block 2” where the note gives the order only."


def test_a_case_file_becomes_a_case(tmp_path):
    path = tmp_path / "case.yaml"
    path.write_text(CASE, encoding="utf-8")
    case = read_case(path)
    adjustment, massage = case.services
    assert (case.date.isoformat(), case.payer, case.provider) == ("2026-03-04", "plan_cedar", "chiropractor")
    assert (adjustment.did, adjustment.region, adjustment.at) == ("spinal adjustment", "lumbar", 9 * 60 + 58)
    assert (massage.region, massage.minutes, massage.at) == ("cervical", 15, "block 2")
    assert massage.words("minutes") == ("10:05-10:20",)
    assert massage.words("region") == ("Kneading strokes to the neck",)


@pytest.mark.parametrize(
    ("was", "is_now", "line", "says"),
    [
        ("plan_cedar", "plan_sedar", 2, "“plan_sedar” is not a known payer. Did you mean “plan_cedar”?"),
        ("minutes: 15", "minutes: 601", 15, "“601” is not a whole number from 1 to 600."),
        ("at: 9:58", "at: 24:00", 11, f"“24:00” is not a time. {HOW_TO_WRITE_A_TIME}"),
        ("low back", "back", 10, "“back” may be thoracic or lumbar: name the region that the note shows."),
    ],
)
def test_a_broken_case_file_names_file_and_line(tmp_path, was, is_now, line, says):
    path = tmp_path / "case.yaml"
    path.write_text(CASE.replace(was, is_now, 1), encoding="utf-8")
    with pytest.raises(BadFile) as caught:
        read_case(path)
    assert str(caught.value) == f"{path}, line {line}: {says}"
