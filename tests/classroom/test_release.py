"""A release: what is in it and what is not, that it runs, and that it is the same whatever the solutions say."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import leaks
import pytest
import small_course
import yaml
from cases import ROOT
from test_seen import another_solution

from coursekit import cli
from coursekit.classroom import releasing
from coursekit.classroom.handout import notebook
from coursekit.classroom.releasing import make
from coursekit.course import Course
from coursekit.model import Unreadable
from coursekit.reading import LOADERS, parse
from coursekit.record import set_who
from coursekit.terms import PRACTICE, SEALED, Release, a_title, as_yaml, read_release

COURSE = Course(ROOT)
TERMS = Release(kind=SEALED, title="Quiz", opens=date(2026, 9, 1), closes=date(2026, 9, 30), tries=2, seed=7)


def tree(folder):
    """Every file of a folder with its bytes."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}  # fmt: skip


def sealed_from(root, place, release=TERMS, notebooks=(), exercises=()):
    """The files and the zip of a sealed release of a course, made in a folder that is always called the same."""
    made = make(place / "quiz", Course(root), release, notebooks, exercises)
    return tree(made.folder), made.zip.read_bytes()


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    """A sealed release of the whole course as it is here."""
    return make(tmp_path_factory.mktemp("sealed") / "quiz", COURSE, TERMS, (), ())


@pytest.fixture(scope="module")
def practice(tmp_path_factory):
    return make(tmp_path_factory.mktemp("practice") / "quiz", COURSE, Release(kind=PRACTICE), (), ())


@pytest.fixture
def small(tmp_path):
    return small_course.write(tmp_path / "small")


@pytest.fixture
def release(tmp_path, small, capsys):
    """Runs `coursekit release` on the small course; gives back the status, what was found or said, and the folder."""

    def run(*options, kind="--sealed", course=small, name="quiz"):
        place = tmp_path / name
        status = cli.main(["release", str(place), kind, "--course", str(course), *options, "--json"])
        out, err = capsys.readouterr()
        return status, json.loads(out) if out else err, place

    return run


# Nothing of a solution is in it --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def roots(tmp_path_factory):
    """The course without solutions, with others that are as valid, and with some that nobody can read."""
    found = {}
    for name in ("absent", "replaced", "broken"):
        root = found[name] = tmp_path_factory.mktemp(name)
        for part in ("exercises", "notebooks"):
            shutil.copytree(ROOT / part, root / part)
    for name, folder in COURSE.names.items():
        other = another_solution(COURSE.exercise(name), COURSE.solution(name))
        for root, text in ((found["replaced"], yaml.safe_dump(other)), (found["broken"], "\0 no YAML")):
            path = root / "solutions" / folder / f"{name}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return found


def test_the_other_solutions_are_valid_and_say_nothing_that_the_own_ones_say(roots):
    other = Course(roots["replaced"])
    assert all(other.solution(name).why != COURSE.solution(name).why for name in COURSE.names)
    assert leaks.secrets(roots["replaced"] / "solutions") & leaks.secrets(ROOT / "solutions") == set()


@pytest.mark.parametrize("which", ["absent", "replaced", "broken"])
def test_a_sealed_release_is_the_same_byte_for_byte_whatever_the_solutions_are(which, roots, sealed, tmp_path):
    files, bundle = sealed_from(roots[which], tmp_path)
    assert files == tree(sealed.folder)
    assert bundle == sealed.zip.read_bytes()


def test_the_test_above_sees_a_difference_where_there_is_one(roots, sealed, tmp_path):
    path = next((roots["absent"] / "exercises").glob("*/*.yaml"))
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("title: ", "title: Another ", 1), encoding="utf-8")
    try:
        files, bundle = sealed_from(roots["absent"], tmp_path)
    finally:
        path.write_text(text, encoding="utf-8")
    own = tree(sealed.folder)
    changed = {name for name, data in files.items() if data != own[name]}
    assert changed == {path.relative_to(roots["absent"]).as_posix(), "exercises/course.yaml"}
    assert bundle != sealed.zip.read_bytes()


SENTENCE = "Pulling by hand is “manual therapy” & 97140, and it's on another shelf."


@pytest.mark.parametrize("way", leaks.planted(SENTENCE))
def test_the_search_finds_a_sentence_that_is_hidden_in_this_way(way):
    blob = leaks.planted(SENTENCE)[way]
    assert leaks.leaked({SENTENCE, "Another sentence that is not hidden anywhere."}, [blob]) == {SENTENCE}


def said_elsewhere(words):
    """Sentences that the published tables, the exercises or the notebooks say in the same words."""
    places = [*(ROOT / "coursekit/data").rglob("*"), *(ROOT / "exercises").rglob("*.yaml")]
    texts = [path.read_text(encoding="utf-8") for path in places if path.is_file()]
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        texts += ["".join(cell["source"]) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]
    whole = " ".join(" ".join(texts).split())
    return {said for said in words if said in whole}


def test_no_sentence_that_only_solutions_say_is_in_the_folder_or_the_zip(sealed):
    words = leaks.secrets(ROOT / "solutions")
    public = said_elsewhere(words)
    assert len(words) > 500
    # A short plain sentence may stand in a table too. More of them would mean that answers are printed elsewhere.
    assert len(public) <= len(words) / 100
    assert leaks.leaked(words - public, [*tree(sealed.folder).values(), sealed.zip.read_bytes()]) == set()


def test_the_search_finds_them_all_where_they_are(practice):
    words = leaks.secrets(ROOT / "solutions")
    assert leaks.leaked(words, [practice.zip.read_bytes()]) >= {said for said in words if '"' not in said and "'" not in said}  # fmt: skip


def test_a_sealed_release_holds_no_file_that_is_made_by_a_tool_and_no_solutions(sealed):
    names = set(tree(sealed.folder))
    assert {name.split("/")[0] for name in names} == {
        "Makefile", "pyproject.toml", "requirements.txt", "environment.yml", "LICENSE", "NOTICE", "README.md",
        "jupyter-config", "coursekit", "exercises", "notebooks",
    }  # fmt: skip
    assert {Path(name).suffix for name in names} <= {"", ".ipynb", ".toml", ".txt", ".yml", *releasing.SUFFIXES}
    assert not any("__pycache__" in name or name.startswith("coursekit/course/") for name in names)


def test_all_that_the_package_is_made_of_is_in_it(sealed):
    own = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "coursekit").rglob("*")
        if path.is_file() and not {"__pycache__", ".ipynb_checkpoints"} & set(path.parts)
    }
    assert {name for name in tree(sealed.folder) if name.startswith("coursekit/")} == own


def test_what_lies_about_in_the_package_is_not_taken_along(tmp_path):
    for name in ("a.py", "a.pyc", "b.whl", ".hidden.py", "__pycache__/a.py", "course/solutions/x.yaml", "data/x.yaml",
                 "data/x.yaml~", "answers.sqlite"):  # fmt: skip
        path = tmp_path / "package" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (tmp_path / "secret.py").write_text("x")
    (tmp_path / "package/link.py").symlink_to(tmp_path / "secret.py")
    found = releasing._sources(tmp_path / "package")
    assert [path.relative_to(tmp_path / "package").as_posix() for path in found] == ["a.py", "data/x.yaml"]


# Folder and zip ------------------------------------------------------------------------------------------------------


def test_the_zip_holds_the_folder_under_its_name_in_order_and_without_a_clock(sealed):
    with zipfile.ZipFile(sealed.zip) as bundle:
        members = bundle.infolist()
        assert {one.filename.removeprefix("quiz/"): bundle.read(one) for one in members} == tree(sealed.folder)
    assert [one.filename for one in members] == sorted(one.filename for one in members)
    kinds = {(one.date_time, one.external_attr >> 16, one.create_system, one.extra, one.comment) for one in members}
    assert kinds == {((1980, 1, 1, 0, 0, 0), 0o100644, 3, b"", b"")}


def test_the_id_tells_apart_what_was_released_and_on_what_terms(small, tmp_path):
    def made(n, **terms):
        return make(tmp_path / str(n) / "quiz", Course(small), Release(**{"kind": SEALED, **terms}), (), ()).release.id

    ids = [made(n, **terms) for n, terms in enumerate(({}, {}, {"seed": 1}, {"seed": 2}, {"tries": 1}, {"kind": PRACTICE}))]  # fmt: skip
    assert ids[0] == ids[1]
    assert len(set(ids)) == 5


@pytest.mark.parametrize("what", ["a file in it", "a file of its name", "its zip"])
def test_nothing_is_ever_written_over(what, release, tmp_path):
    there = tmp_path / {"a file in it": "quiz/mine.txt", "a file of its name": "quiz", "its zip": "quiz.zip"}[what]
    there.parent.mkdir(exist_ok=True)
    there.write_text("mine")
    status, said, _ = release()
    assert (status, there.read_text()) == (2, "mine")
    assert "is there already" in said


def test_an_empty_folder_will_do(release, tmp_path):
    (tmp_path / "quiz").mkdir()
    assert release()[0] == 0


def test_without_a_checkout_around_the_package_it_says_what_is_missing(release, monkeypatch, tmp_path):
    monkeypatch.setattr(releasing, "CHECKOUT", tmp_path)
    status, said, place = release()
    assert status == 2 and not place.exists()
    assert "there is no Makefile beside the package" in said and "full copy of the course's folder" in said


# Notebooks -----------------------------------------------------------------------------------------------------------


def cells_of(place, stem):
    return json.loads((place / "notebooks" / f"{stem}.ipynb").read_text(encoding="utf-8"))


def test_sealed_notebooks_hold_text_and_code_and_nothing_else(sealed):
    paths = list((sealed.folder / "notebooks").glob("*.ipynb"))
    assert {path.stem for path in paths} == set(COURSE.folders)
    for path in paths:
        book = json.loads(path.read_text(encoding="utf-8"))
        assert set(book["metadata"]) == {"kernelspec"}
        for cell in book["cells"]:
            assert cell["metadata"] == {}
            assert set(cell) <= {"cell_type", "id", "metadata", "source", "outputs", "execution_count", "attachments"}
            assert (cell.get("outputs", []), cell.get("execution_count")) == ([], None)


def test_the_appendix_goes_into_a_practice_release_and_into_a_sealed_one_only_by_name(sealed, practice, tmp_path):
    assert "statements" in practice.notebooks and "statements" not in sealed.notebooks
    named = make(tmp_path / "quiz", COURSE, TERMS, ["03", "statements"], ())
    assert named.notebooks == ("03_modifiers_59_xs", "statements")


BOOK = {
    "cells": [
        {"cell_type": "markdown", "source": "# 02 · Words\nSee [the first](01_claims.ipynb#top), [this](02_words.ipynb)."},
        {"cell_type": "code", "source": 'exercise("pick")', "outputs": [{"data": {"text/html": "pick"}}], "execution_count": 3},
        {"cell_type": "code", "source": ["exercise('place')\n", "exercise('pick')\n"], "metadata": {"answer": "b"}},
        {"cell_type": "code", "source": "progress()", "outputs": [{"data": {"text/html": "Ana: 3 of 4"}}]},
        {"cell_type": "code", "source": ""},
    ],
    "metadata": {"kernelspec": {"name": "python3", "secret": 1}, "widgets": {"state": "answers"}},
    "nbformat": 4,
}  # fmt: skip


def handed_out(chosen, books=("02_words",), sealed=False, shown=()):
    data = json.dumps(BOOK).encode()
    return json.loads(notebook(data, "02_words.ipynb", "", shown, chosen, books, sealed))


def test_cells_that_show_exercises_that_are_left_out_are_removed():
    sources = ["".join(cell["source"]) for cell in handed_out({"place"})["cells"]]
    assert sources[1:] == ["exercise('place')", "progress()", ""]
    assert "".join(handed_out({"pick", "place"})["cells"][2]["source"]) == "exercise('place')\nexercise('pick')\n"


def test_links_to_notebooks_that_are_left_out_become_plain_words():
    text = "".join(handed_out({"place"})["cells"][0]["source"])
    assert text == "# 02 · Words\nSee the first, [this](02_words.ipynb)."
    both = handed_out({"place"}, books=("01_claims", "02_words"))
    assert "[the first](01_claims.ipynb#top)" in "".join(both["cells"][0]["source"])


def test_a_practice_notebook_keeps_what_exercises_show_and_not_what_was_said_about_somebody():
    book = handed_out({"pick", "place"})
    assert [cell.get("outputs", []) for cell in book["cells"]] == [[], [{"data": {"text/html": "pick"}}], [], [], []]
    assert book["metadata"] == {"kernelspec": {"name": "python3"}}
    assert "Ana" not in json.dumps(book) and "answer" not in json.dumps(book)
    assert all(cell.get("outputs", []) == [] for cell in handed_out({"pick", "place"}, sealed=True)["cells"])


def test_an_exercise_that_its_notebook_does_not_show_gets_a_cell_at_its_end():
    assert handed_out({"pick", "more"}, shown=("pick", "more"))["cells"][-1]["source"] == ['exercise("more")']


def test_a_topic_without_a_notebook_gets_a_plain_one(release, small):
    shutil.rmtree(small / "notebooks")
    status, found, place = release(kind="--practice")
    assert (status, found["notebooks"]) == (0, ["01_claims", "02_words"])
    code = ["".join(cell["source"]) for cell in cells_of(place, "02_words")["cells"]]
    assert code == ["# 02 · Words", "from coursekit import exercise, progress", 'exercise("pick")', 'exercise("place")']


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b'{"cells": 3, "nbformat": 4}', b'{"cells": [], "nbformat": 3}', b'{"cells": [{}], "nbformat": 4}'])  # fmt: skip
def test_a_file_that_is_no_notebook_is_refused_by_name(data):
    with pytest.raises(Unreadable, match=r"notebooks/x\.ipynb is not a notebook of format 4"):
        notebook(data, "x.ipynb", "", (), (), (), True)


# What is chosen ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "notebooks", "exercises"),
    [
        ((), ["01_claims", "02_words"], ["neck", "pick", "place"]),
        (("--notebooks", "02"), ["02_words"], ["pick", "place"]),
        (("--notebooks", "2, 01_claims.ipynb"), ["01_claims", "02_words"], ["neck", "pick", "place"]),
        (("--exercises", "place"), ["02_words"], ["place"]),
        (("--exercises", "place,neck"), ["01_claims", "02_words"], ["neck", "place"]),
        (("--notebooks", "01,02", "--exercises", "pick"), ["01_claims", "02_words"], ["pick"]),
    ],
)
def test_notebooks_and_exercises_are_chosen_by_number_and_name(options, notebooks, exercises, release):
    status, found, place = release(*options)
    assert (status, found["notebooks"], found["exercises"]) == (0, notebooks, exercises)
    assert sorted(path.stem for path in (place / "exercises").glob("*/*.yaml")) == sorted(exercises)
    assert sorted(path.stem for path in (place / "notebooks").iterdir()) == notebooks
    assert list(Course(place).names) == exercises


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--notebooks", "02_word"), "The course has no notebook “02_word”. Did you mean “02_words”?"),
        (("--notebooks", "07"), "The course has no notebook “07”."),
        (("--notebooks", "07"), "Known: 01_claims, 02_words."),
        (("--notebooks", " , "), "--notebooks: It names nothing."),
        (("--exercises", "nek"), "The course has no exercise “nek”. Did you mean “neck”?"),
        (("--notebooks", "02", "--exercises", "neck"), "neck is an exercise of 01_claims, which is not among the notebooks"),
        (("--opens", "2026-9-1"), "--opens: “2026-9-1” is not a date. Write it as year-month-day"),
        (("--closes", "0026-09-01"), "--closes: 0026-09-01 lies outside the years 2000 to 2100."),
        (("--closes", "2101-01-01"), "--closes: 2101-01-01 lies outside the years 2000 to 2100."),
        (("--opens", "2026-09-02", "--closes", "2026-09-01"), "It would close on 2026-09-01 before it opens on 2026-09-02."),
        (("--tries", "0"), "--tries: “0” is not a whole number from 1 to 1,000."),
        (("--tries", "1001"), "--tries: “1001” is not a whole number"),
        (("--tries", "two"), "--tries: “two” is not a whole number"),
        (("--seed", "-1"), "--seed"),
        (("--seed", "9223372036854775808"), "--seed: “9223372036854775808” is not a whole number"),
        (("--title", " "), "--title: A title is one line of 1 to 120 characters"),
        (("--title", "x" * 121), "--title: A title is one line of 1 to 120 characters"),
        (("--course", "/nowhere"), "There is no exercises/course.yaml in /nowhere."),
        (("--practice",), "Say which: --practice holds the solutions"),
    ],
)  # fmt: skip
def test_wrong_settings_are_refused_and_nothing_is_written(options, says, release):
    status, said, place = release(*options)
    assert status == 2 and says in said
    assert not place.exists() and not place.with_name("quiz.zip").exists()


def test_neither_kind_is_refused(tmp_path, small, capsys):
    assert cli.main(["release", str(tmp_path / "quiz"), "--course", str(small)]) == 2
    assert "Say which" in capsys.readouterr().err


def test_the_outermost_settings_are_taken(release):
    options = ("--opens", "2000-01-01", "--closes", "2100-12-31", "--tries", "1000", "--seed", str(2**63 - 1))
    status, found, place = release(*options, "--title", "x" * 120)
    assert status == 0
    terms = Course(place).release
    assert (terms.opens, terms.closes, terms.tries) == (date(2000, 1, 1), date(2100, 12, 31), 1000)
    assert (terms.seed, terms.title, terms.id) == (2**63 - 1, "x" * 120, found["id"])


def test_a_practice_release_needs_every_solution_and_a_sealed_one_none(release, small):
    (small / "solutions/02_words/pick.yaml").unlink()
    status, said, _ = release(kind="--practice")
    assert status == 2 and "solutions/02_words/pick.yaml is missing" in said
    assert release("--exercises", "place", kind="--practice")[0] == 0
    assert release(name="other")[0] == 0


def test_an_exercise_that_cannot_be_read_is_complained_of_before_the_class_sees_it(release, small):
    (small / "exercises/02_words/pick.yaml").write_text("title: x\n")
    status, said, _ = release()
    assert status == 2 and "exercises/02_words/pick.yaml, line 1" in said


# Whose solutions are public ------------------------------------------------------------------------------------------


def test_a_sealed_release_of_public_exercises_says_so_in_the_terminal_and_in_its_readme(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COURSEKIT_COURSE", str(ROOT))
    assert cli.main(["release", str(tmp_path / "quiz"), "--sealed", "--notebooks", "03"]) == 0
    assert "The solutions of these exercises are public." in " ".join(capsys.readouterr().out.split())
    assert "the solutions of these exercises are public" in (tmp_path / "quiz/README.md").read_text(encoding="utf-8")


def test_a_practice_release_has_nothing_to_say_about_that(practice):
    text = (practice.folder / "README.md").read_text(encoding="utf-8")
    assert "public" not in text and "graded at once" in text


def test_a_private_course_says_nothing_of_the_kind_unless_it_borrows(release, small):
    _, found, place = release()
    assert (found["public"], found["warning"]) == ([], "")
    assert "public" not in (place / "README.md").read_text(encoding="utf-8")
    borrowed = small / "exercises/02_words/borrowed.yaml"
    shutil.copy(ROOT / "exercises/03_modifiers_59_xs/neck_after_lumbar.yaml", borrowed)
    _, found, place = release(name="other")
    assert found["public"] == ["borrowed"] and "The solutions of borrowed are public." in found["warning"]
    assert "the solutions of 1 of these 4 exercises are public" in (place / "README.md").read_text(encoding="utf-8")


def test_the_readme_says_how_to_start_how_to_hand_in_and_that_answers_are_recorded(sealed):
    text = (sealed.folder / "README.md").read_text(encoding="utf-8")
    assert text.startswith("# Quiz\n")
    for said in ("    make lab\n", "coursekit submit", "It is recorded", "September 30, 2026", "2 for each question"):
        assert said in text
    assert max(map(len, text.splitlines())) <= 120


def test_a_title_cannot_write_into_the_readme(release):
    _, _, place = release("--title", "<script> [x](y) # `z`")
    assert (place / "README.md").read_text(encoding="utf-8").startswith("# \\<script\\> \\[x\\](y) \\# \\`z\\`\n")


# The terms in course.yaml --------------------------------------------------------------------------------------------


TITLES = ("Quiz", "Week 3: massage # and more", '"quoted" \\ and \'so\'', "yes", "Übung “7”", "- a list", "{x: y}", "!tag &a *b")  # fmt: skip


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("loader", LOADERS, ids=lambda loader: loader.__name__)
def test_terms_are_read_as_they_were_written(title, loader):
    terms = Release("0123456789ab", SEALED, title, date(2026, 9, 1), date(2026, 9, 1), 1, 0)
    rows = parse(as_yaml("small", title, terms).encode(), "course.yaml", loader).fields("id title release")
    assert (rows["id"].text, rows["title"].text) == ("small", title)
    assert read_release(rows["release"]) == terms


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("  id: 0123456789ab\n", "line 4: The key “kind” is missing."),
        ("  kind: sealed\n", "line 4: The key “id” is missing."),
        ("  id: 0123456789AB\n  kind: sealed\n", "line 4: “0123456789AB” is not the id of a release"),
        ("  id: 0123456789ab\n  kind: seal\n", "line 5: “seal” is not a known kind of release. Did you mean “sealed”?"),
        ("  id: 0123456789ab\n  kind: sealed\n  trys: 1\n", "line 6: “trys” is not a key here. Did you mean “tries”?"),
        ("  id: 0123456789ab\n  kind: sealed\n  tries: 0\n", "line 6: “0” is not a whole number from 1 to 1,000."),
        ("  id: 0123456789ab\n  kind: sealed\n  tries: ²\n", "line 6: “²” is not a whole number"),
        ("  id: 0123456789ab\n  kind: sealed\n  seed: 1.5\n", "line 6: “1.5” is not a whole number"),
        ("  id: 0123456789ab\n  kind: sealed\n  opens: soon\n", "line 6: “soon” is not a date."),
        ("  id: 0123456789ab\n  kind: sealed\n  opens: 2026-09-02\n  closes: 2026-09-01\n", "line 7: It would close on"),
        ("  id: 0123456789ab\n  kind: sealed\n  title: [a]\n", "line 6: Text was expected here"),
    ],
)  # fmt: skip
def test_terms_that_are_wrong_are_refused_with_file_and_line(lines, says, small, capsys, monkeypatch):
    (small / "exercises/course.yaml").write_text(f"id: small\ntitle: Small\nrelease:\n{lines}", "utf-8")
    with pytest.raises(Unreadable) as error:
        Course(small).release  # noqa: B018
    assert str(error.value).startswith("exercises/course.yaml, ") and says in str(error.value)
    monkeypatch.setenv("COURSEKIT_COURSE", str(small))
    assert cli.main(["check"]) == 1
    assert says.partition(": ")[2] in " ".join(capsys.readouterr().out.split())


def test_a_course_that_nobody_released_is_the_full_one(small):
    assert Course(small).release == Release() == Release("full", "full", "", None, None, None, None)


def test_a_title_is_one_line():
    assert a_title(" Week\n 3 ") == "Week 3"
    with pytest.raises(Unreadable):
        a_title("a\x1b[31m")


# It runs -------------------------------------------------------------------------------------------------------------


def run(place, *command, **environment):
    """Run Python in a release as a learner would, with the package of the release and a store of its own."""
    told = {**os.environ, "PYTHONPATH": str(place), "COURSEKIT_LEARNER": "Ana", **environment}
    told.pop("COURSEKIT_COURSE", None)
    told["COURSEKIT_STORE"] = f"sqlite:///{place.with_name('answers.sqlite')}"
    found = subprocess.run(
        [sys.executable, *command], cwd=place / "notebooks", env=told, capture_output=True, text=True
    )
    return found.returncode, found.stdout, found.stderr


OPENS_ONE = """
import coursekit, json
form = coursekit.exercise("neck_after_lumbar")
form._heard(None, {"kind": "submit", "turn": "1", "answer": "98940 x1, 97124 x1 XS"}, None)
print(json.dumps([coursekit.__file__, form.state["title"], form.state["reply"]["headline"], form.state["tries"]]))
print(coursekit.progress())
print(coursekit.placement())
"""


def test_a_sealed_release_runs_by_itself(tmp_path):
    made = make(tmp_path / "quiz", COURSE, Release(kind=SEALED, seed=3), ["03"], ())
    status, out, err = run(made.folder, "-m", "coursekit", "list", "--json")
    assert (status, err) == (0, "")
    assert [one["name"] for one in json.loads(out)["exercises"]] == list(made.exercises)
    status, out, err = run(made.folder, "-c", OPENS_ONE)
    assert (status, err) == (0, "")
    file, title, headline, tries = json.loads(out.splitlines()[0])
    assert Path(file).is_relative_to(made.folder)
    assert (title, tries) == ("Low back adjusted, neck massaged", 1)
    assert headline == "Recorded. This course is graded by your instructor."
    assert "1 recorded" in out


@pytest.mark.parametrize("words", [
    ("solve", "neck_after_lumbar"), ("grade", "neck_after_lumbar", "--answer", "98940 x1"),
    ("audit", "neck_after_lumbar", "--claim", "98940 x1"), ("remit", "neck_after_lumbar", "--claim", "98940 x1"),
    ("draft", "neck_after_lumbar"),
])  # fmt: skip
def test_nothing_is_worked_out_about_a_sealed_exercise(words, sealed, capsys, monkeypatch):
    monkeypatch.setenv("COURSEKIT_COURSE", str(sealed.folder))
    assert cli.main(list(words)) == 2
    said = capsys.readouterr()
    assert said.out == "" and "sealed" in said.err


@pytest.mark.parametrize("options", [((), ()), (["01"], ()), ((), ["neck_after_lumbar", "four_shelves"])])
def test_a_practice_release_passes_the_check(options, tmp_path, capsys, monkeypatch):
    made = make(tmp_path / "quiz", COURSE, Release(kind=PRACTICE, tries=3), *options)
    monkeypatch.setenv("COURSEKIT_COURSE", str(made.folder))
    assert (cli.main(["check"]), capsys.readouterr().out) == (0, "0 problems\n")
    solutions = sorted(path.stem for path in (made.folder / "solutions").glob("*/*.yaml"))
    assert solutions == sorted(made.exercises)


def test_a_release_can_be_released_again(practice, tmp_path):
    again = make(tmp_path / "quiz", Course(practice.folder), TERMS, (), ())
    assert again.release.kind == SEALED and not (again.folder / "solutions").exists()


@pytest.mark.slow
def test_a_release_installs_itself_into_a_venv_without_solutions(tmp_path):
    """The install step of `make lab`, with the packages that are here already in place of a download."""
    made = make(tmp_path / "quiz", COURSE, Release(kind=SEALED), ["03"], ())
    venv = made.folder / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    here = next(Path(one) for one in sys.path if Path(one, "anywidget").is_dir())
    python = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    inside = subprocess.run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], check=True, capture_output=True, text=True)  # fmt: skip
    (Path(inside.stdout.strip()) / "packages.pth").write_text(f"{here}\n")
    recipe = (made.folder / "Makefile").read_text(encoding="utf-8")
    assert "uv pip install --python $(BIN)/python --no-deps --no-build-isolation -e ." in recipe
    told = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "COURSEKIT_COURSE")}
    install = [sys.executable, "-m", "uv", "pip", "install", "--offline", "--python", python, "--no-deps", "--no-build-isolation", "-e", "."]  # fmt: skip
    subprocess.run(install, cwd=made.folder, env=told, check=True, capture_output=True)
    told["COURSEKIT_STORE"] = f"sqlite:///{tmp_path / 'answers.sqlite'}"
    found = subprocess.run([python, "-c", OPENS_ONE], cwd=made.folder / "notebooks", env=told, capture_output=True, text=True)  # fmt: skip
    assert (found.returncode, found.stderr) == (0, "")
    assert Path(json.loads(found.stdout.splitlines()[0])[0]).is_relative_to(made.folder)


def test_the_submission_of_a_release_names_it(release, capsys, monkeypatch, tmp_path):
    from coursekit.desk import Desk

    _, found, place = release("--closes", "2026-09-30")
    monkeypatch.setenv("COURSEKIT_COURSE", str(place))
    monkeypatch.delenv("COURSEKIT_LEARNER", raising=False)
    monkeypatch.setattr("coursekit.record.user_folder", lambda: tmp_path / "home")
    set_who("Ana")
    Desk(Course(place)).submit("pick", "choose", "massage")
    assert cli.main(["submit", "--out", str(tmp_path / "ana.coursekit")]) == 0
    assert json.loads((tmp_path / "ana.coursekit").read_text("utf-8").splitlines()[0])["release"] == found["id"]
