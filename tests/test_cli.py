"""Each verb prints what people read, or one JSON object; trouble is one message on standard error and status 2."""

import datetime
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import small_course

from coursekit import lab, verbs
from coursekit.cli import main
from coursekit.course import Course
from coursekit.model import Unreadable

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def course(monkeypatch, tmp_path):
    for variable in ("COURSEKIT_LEARNER", "JUPYTERHUB_USER"):
        monkeypatch.delenv(variable, raising=False)
    root = small_course.write(tmp_path / "course")
    monkeypatch.setenv("COURSEKIT_COURSE", str(root))
    monkeypatch.setenv("COURSEKIT_STORE", f"sqlite:///{tmp_path / 'answers.sqlite'}")
    monkeypatch.setattr("coursekit.record.user_folder", lambda: tmp_path / "home")
    return root


@pytest.fixture
def case_file(tmp_path):
    path = tmp_path / "visit.yaml"
    path.write_text(small_course.CASE_FILE, "utf-8")
    return str(path)


@pytest.fixture
def tell(capsys):
    """Runs a command; gives back its status, its output and its errors."""

    def run(*argv):
        status = main([str(word) for word in argv])
        out, err = capsys.readouterr()
        return status, out, err

    return run


@pytest.fixture
def ask(tell):
    """Runs a command with --json; gives back its one JSON object."""

    def run(*argv, status=0):
        found, out, err = tell(*argv, "--json")
        assert (found, err) == (status, "")
        return json.loads(out)

    return run


# The verbs ------------------------------------------------------------------------------------------------------------


def test_words_lists_every_closed_list(ask):
    found = ask("words")
    assert list(found) == ["techniques", "regions", "payers", "providers", "modifiers", "rules", "codes"]
    keys = {
        "techniques": {"name", "codes", "contested"},
        "regions": {"name", "also", "part_of"},
        "payers": {"name"},
        "providers": {"name"},
        "modifiers": {"name"},
        "rules": {"id", "says", "heading", "since", "until", "source"},
        "codes": {"code", "label", "timing", "limit"},
    }
    for name, wanted in keys.items():
        assert found[name] and all(wanted <= row.keys() for row in found[name])
    assert "plan_cedar" in [row["name"] for row in found["payers"]]
    assert {"97124", "98940"} <= {row["code"] for row in found["codes"]}


def test_list_names_the_exercises_in_course_order(ask):
    rows = ask("list")["exercises"]
    assert [row["name"] for row in rows] == ["neck", "pick", "place"]
    assert rows[0] == {
        "name": "neck",
        "title": "Low back adjusted, neck massaged",
        "notebook": "01_claims",
        "forms": ["complete", "audit", "support"],
        "skills": ["region-separate pairs"],
        "statements": ["C001"],
    }


@pytest.mark.parametrize(
    ("asked", "kind", "name"),
    [
        ("97124", "code", "97124"),
        ("petrissage", "technique", "petrissage"),
        ("PETRISSAGE", "technique", "petrissage"),
        ("petrisage", "technique", "petrissage"),
        ("kneading", "technique", "petrissage"),
        ("Joint mobilisations", "technique", "joint mobilization"),
        ("myofascial releases", "technique", "myofascial release"),
        ("XS", "modifier", "XS"),
        ("59", "modifier", "59"),
        ("neck", "region", "cervical"),
        ("the low back", "region", "lumbar"),
        ("separate region", "rule", "separate_region"),
        ("separate_region", "rule", "separate_region"),
        ("ptp-2024-07", "source", "ptp-2024-07"),
    ],
)
def test_lookup_finds_the_best_first_and_forgives_spelling(ask, asked, kind, name):
    first = ask("lookup", *asked.split())["found"][0]
    assert (first["kind"], first["name"]) == (kind, name)
    assert set(first) == {"kind", "name", "codes", "contested", "says", "source"}
    assert first["says"] and first["source"]


def test_lookup_says_what_is_contested(ask):
    found = {row["name"]: row for row in ask("lookup", "97140")["found"] if row["kind"] == "technique"}
    assert any(row["contested"] for row in found.values()) and not all(row["contested"] for row in found.values())


def test_lookup_of_the_unknown_finds_nothing_and_says_so(ask, tell):
    assert ask("lookup", "zzzzz") == {"found": []}
    assert "Nothing is known about “zzzzz”" in tell("lookup", "zzzzz")[1]


@pytest.mark.parametrize(
    ("spent", "counting", "minutes", "right"),
    [
        (["97110=7"], "total-time", 7, [{}]),
        (["97110=8"], "total-time", 8, [{"97110": 1}]),
        (["97110=22"], "total-time", 22, [{"97110": 1}]),
        (["97110=23"], "total-time", 23, [{"97110": 2}]),
        (["97110=7", "97140=7"], "total-time", 14, [{"97110": 1}, {"97140": 1}]),
        (["97110=7", "97140=7"], "per-service", 14, [{}]),
        (["97140=20", "97110=20"], "total-time", 40, [{"97110": 2, "97140": 1}, {"97110": 1, "97140": 2}]),
        (["97110=10", "97110=13"], "total-time", 23, [{"97110": 2}]),
        (["97012=40", "97110=8"], "total-time", 8, [{"97012": 1, "97110": 1}]),
        (["97012"], "per-service", 0, [{"97012": 1}]),
    ],
)
def test_units_gives_every_right_allocation(ask, spent, counting, minutes, right):
    found = ask("units", "--counting", counting, *spent)
    assert (found["counting"], found["timed_minutes"], found["right"]) == (counting, minutes, right)
    assert found["units"] == sum(right[0].values())
    assert found["source"]["title"]


def test_units_come_in_a_fixed_order_whatever_the_order_of_the_services(ask):
    assert ask("units", "97110=20", "97140=20") == ask("units", "97140=20", "97110=20")


def test_units_are_counted_as_the_payer_counts(ask):
    assert ask("units", "--payer", "medicare", "97110=7", "97140=7")["counting"] == "total-time"
    assert ask("units", "--payer", "plan_cedar", "97110=7", "97140=7")["counting"] == "per-service"
    assert ask("units", "--payer", "Plan Cedar", "97110=7")["counting"] == "per-service"


def test_a_pair_is_the_same_whichever_way_round(ask):
    one, other = (ask("pair", *codes, "--date", "2026-03-04") for codes in (("97124", "98940"), ("98940", "97124")))
    assert one == other
    assert (one["edit"]["column_one"], one["edit"]["column_two"], one["edit"]["indicator"]) == ("98940", "97124", "1")
    assert one["modifier_can_help"] is True
    assert {"59", "XS"} <= set(one["modifiers"])
    assert "2024" in one["edition"] and one["says"] and one["source"]


def test_a_pair_with_indicator_zero_is_opened_by_nothing(ask):
    found = ask("pair", "97140", "97124", "--date", "2026-03-04")
    assert found["edit"]["indicator"] == "0"
    assert (found["modifier_can_help"], found["modifiers"]) == (False, [])


def test_an_edit_that_ended_is_null_after_its_end_and_told_of(ask):
    before = ask("pair", "97530", "97140", "--date", "2019-12-31")
    after = ask("pair", "97530", "97140", "--date", "2020-01-01")
    assert before["edit"]["until"] == "2019-12-31"
    assert after["edit"] is None and after["modifier_can_help"] is False
    assert "An edit held until December 31, 2019." in after["says"]


def test_x_modifiers_help_only_from_2015(ask):
    assert ask("pair", "98940", "97124", "--date", "2014-12-31")["modifiers"] == ["59"]
    assert "XS" in ask("pair", "98940", "97124", "--date", "2015-01-01")["modifiers"]


def test_a_pair_is_asked_for_today_unless_a_date_is_given(ask):
    today = datetime.date.today().isoformat()
    assert ask("pair", "98940", "97124") == ask("pair", "98940", "97124", "--date", today)


def test_another_payer_may_have_other_edits(ask):
    found = ask("pair", "97140", "97124", "--payer", "plan_juniper")
    assert found["modifier_can_help"] is True


def test_solve_takes_an_exercise_or_a_case_file(ask, case_file):
    for case in ("neck", "01_claims/neck", case_file):
        found = ask("solve", case)
        assert found["best"] and set(found["best"]) < set(found["solved"])
        assert all("XS" in claim for claim in found["best"])


def test_audit_names_the_findings_of_a_claim(ask, case_file):
    for case in ("neck", case_file):
        found = ask("audit", case, "--claim", "98940 x1, 97124 x1", status=1)
        assert (found["solved"], found["best"], found["score"]) == (False, False, 0.5)
        assert found["parts"] == {"code": [2, 2], "units": [2, 2], "modifier": [1, 2], "documentation": None}
        (finding,) = found["findings"]
        assert (finding["rule"], finding["heading"]) == ("separate_region", "side by side")
        assert (finding["line"], finding["part"], finding["advice"]) == ("97124", "modifier", False)
        assert finding["quote"] and finding["says"] and {"title", "where", "edition"} <= finding["source"].keys()


def test_audit_of_a_right_claim_is_fine_and_advice_costs_nothing(ask):
    assert ask("audit", "neck", "--claim", "98940 x1, 97124 x1 XS")["findings"] == []
    advised = ask("audit", "neck", "--claim", "98940, 97124 59")
    assert (advised["solved"], advised["best"], advised["findings"][0]["advice"]) == (True, False, True)


@pytest.mark.parametrize(
    ("name", "form", "answer", "status"),
    [
        ("neck", "complete", "98940 x1, 97124 x1 XS", 0),
        ("neck", "audit", "98940: ok, 97124: ok", 0),
        ("neck", "audit", "98940: ok, 97124: how much", 1),
        ("pick", "choose", "massage", 0),
        ("pick", "choose", "rest", 1),
        ("pick", "select", "knead", 1),
        ("place", "sort", "knead=hand, glide=hand, pull=machine", 0),
        ("place", "order", "bill treat write", 1),
        ("place", "number", "8", 0),
    ],
)
def test_grade_has_one_shape_for_all_forms(ask, name, form, answer, status):
    found = ask("grade", name, "--form", form, "--answer", answer, status=status)
    assert {"solved", "best", "score", "parts", "findings"} <= found.keys()
    assert found["solved"] == (status == 0) == (found["score"] == 1)
    assert set(found["parts"]) == {"code", "units", "modifier", "documentation"}


def test_grade_keeps_no_attempt(ask, tmp_path):
    ask("grade", "pick", "--form", "choose", "--answer", "massage")
    assert not (tmp_path / "answers.sqlite").exists()


def test_check_finds_nothing_wrong_with_a_right_course_and_says_what_is_wrong_with_another(ask, tell, course):
    wrong = course / "exercises/02_words/pick.yaml"
    wrong.write_text(wrong.read_text("utf-8").replace("title:", "titel:"), "utf-8")
    found = ask("check", status=1)["problems"]
    assert {"file", "line", "says"} <= found[0].keys()
    mine = [row for row in found if row["file"] == "exercises/02_words/pick.yaml"]
    assert mine[0]["line"] == 1 and "titel" in mine[0]["says"]
    status, out, _ = tell("check")
    assert status == 1
    assert "exercises/02_words/pick.yaml, line 1: " in out


def test_draft_leaves_the_claim_empty(tell, course):
    status, out, _ = tell("draft", "neck")
    assert status == 0
    assert "\nclaim:\n" in out
    assert "- did: petrissage" in out and "quote: Spinal adjustment L4-L5" in out
    assert "petrissage, cervical, 15 minutes: 97124" in out
    assert "98940 and 97124: indicator 1; the note shows in another region" in out
    assert "    97124: separate_region" in out


def test_draft_without_facts_proposes_what_the_note_names(tell, course):
    (course / "solutions/01_claims/neck.yaml").unlink()
    _, out, _ = tell("draft", "neck")
    assert "- did: spinal adjustment" in out and "- did: petrissage" in out
    assert "\nclaim:\n" in out


def test_draft_of_keyed_forms_names_every_option(tell):
    _, out, _ = tell("draft", "place")
    for word in ("knead:", "- treat", "number:", "# bins: hand, machine", "why: |"):
        assert word in out


def test_doctor_looks_at_everything_in_a_line_each(ask, tell):
    found = ask("doctor", status=verbs.FINE if ask_doctor_is_fine() else verbs.WRONG)
    names = [row["what"] for row in found["checks"]]
    assert names == ["Python", "Packages", "Course", "Tables", "Learner", "Store", "Jupyter", "Browser"]
    assert all(row["says"] for row in found["checks"])
    assert {row["what"]: row["ok"] for row in found["checks"]} | {"Packages": 0, "Jupyter": 0, "Browser": 0} == {
        "Python": True, "Packages": 0, "Course": True, "Tables": True, "Learner": None, "Store": True, "Jupyter": 0,
        "Browser": 0,
    }  # fmt: skip
    assert len(tell("doctor")[1].splitlines()) >= len(names)


def ask_doctor_is_fine():
    from coursekit.doctor import look_over

    return all(one.ok is not False for one in look_over())


def test_doctor_says_what_to_do_about_a_course_that_is_not_there_and_a_broken_store(ask, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSEKIT_COURSE", str(tmp_path / "nowhere"))
    (tmp_path / "answers.sqlite").write_bytes(b"x" * 99)
    checks = {row["what"]: row for row in ask("doctor", status=1)["checks"]}
    assert checks["Course"]["ok"] is False and "COURSEKIT_COURSE" in checks["Course"]["says"]
    assert checks["Store"]["ok"] is False and "it is damaged" in checks["Store"]["says"]


# What goes wrong ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        ([], "Start with: coursekit lab"),
        (["lst"], "“lst” is not a verb of coursekit. Did you mean “list”?"),
        (["list", "--jsn"], "Did you mean “--json”?"),
        (["audit", "neck"], "required: --claim"),
        (["solve", "nek"], "has no exercise “nek”. Did you mean “neck”? See: coursekit list"),
        (["play", "nek"], "Did you mean “neck”?"),
        (["draft", "nek"], "Did you mean “neck”?"),
        (["solve", "pick"], "has no note"),
        (["solve", "missing.yaml"], "missing.yaml"),
        (["audit", "neck", "--claim", "9712 x1"], "Write a line like 97124 x1 XS."),
        (["audit", "neck", "--claim", "97125"], "does not know the code “97125”. Did you mean"),
        (["grade", "neck", "--form", "complet", "--answer", "x"], "Did you mean “complete”?"),
        (["grade", "neck", "--form", "choose", "--answer", "x"], "does not ask “choose”"),
        (["grade", "pick", "--form", "choose", "--answer", "masage"], "Did you mean “massage”?"),
        (["grade", "pick", "--form", "choose", "--answer", ""], "empty"),
        (["units", "97110"], "Write them: 97110=15."),
        (["units", "97110=-5"], "whole minutes"),
        (["units", "97110=1.5"], "whole minutes"),
        (["units", "97110=99999999"], "whole minutes"),
        (["units", "9711O=15"], "Did you mean"),
        (["units", "97110=15", "--counting", "total"], "Known: total-time, per-service."),
        (["units", "97110=15", "--payer", "medcare"], "Did you mean “medicare”?"),
        (["units", "97110=15", "--payer", "medicare", "--counting", "per-service"], "Give one of them."),
        (["pair", "97124", "97124"], "named twice"),
        (["pair", "97124", "97140", "--date", "March 4"], "Write it as year-month-day"),
        (["lookup", "?!"], "nothing to look up"),
    ],
)
@pytest.mark.parametrize("json_too", [False, True])
def test_bad_input_is_one_message_on_standard_error(tell, argv, says, json_too):
    status, out, err = tell(*argv, *(["--json"] if json_too and argv and argv[0] not in ("play", "lst") else []))
    assert (status, out) == (2, "")
    assert says in err
    assert err.startswith("coursekit: ") and err.count("\n") == 1
    assert "Traceback" not in err


def test_a_broken_case_file_is_named_with_its_line(tell, tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text(small_course.CASE_FILE.replace("region: cervical", "regoin: cervical"), "utf-8")
    status, out, err = tell("solve", path, "--json")
    assert (status, out) == (2, "")
    assert f"{path}, line 10: " in err and "Did you mean “region”?" in err


def test_a_sealed_course_solves_nothing(tell, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSEKIT_COURSE", str(small_course.write(tmp_path / "sealed", sealed=True)))
    status, _, err = tell("solve", "neck")
    assert status == 2 and "is sealed" in err


def test_without_a_course_it_says_where_it_looked(tell, monkeypatch, tmp_path):
    monkeypatch.delenv("COURSEKIT_COURSE")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("coursekit.course.__file__", str(tmp_path / "elsewhere" / "course.py"))
    status, _, err = tell("list")
    assert status == 2 and str(tmp_path) in err and "COURSEKIT_COURSE" in err


# The command itself ---------------------------------------------------------------------------------------------------


def command(*argv, **options):
    return subprocess.run(
        [sys.executable, "-m", "coursekit", *argv], cwd=ROOT, capture_output=True, check=False, **options
    )


def test_the_module_is_the_command():
    done = command("units", "97110=23", "--json", encoding="utf-8")
    assert done.returncode == 0
    assert json.loads(done.stdout)["right"] == [{"97110": 2}]


def test_json_is_one_object_in_any_encoding():
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = command("lookup", "petrissage", "--json", env=environment)
    assert json.loads(done.stdout.decode("ascii"))["found"]


def test_a_reader_who_leaves_early_is_no_error():
    done = subprocess.run(
        f"{sys.executable} -m coursekit words --json | head -c 10",
        shell=True,
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert done.stderr == b""


def test_light_verbs_load_neither_pandas_nor_the_store_nor_widgets():
    code = (
        "import sys; from coursekit.cli import main; main(['units', '97110=15', '--json']); "
        "print(*{'pandas', 'sqlalchemy', 'ipywidgets', 'IPython', 'rich'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, encoding="utf-8")
    assert done.stderr.strip() == ""


# JupyterLab -----------------------------------------------------------------------------------------------------------


def test_lab_opens_the_first_notebook_without_a_browser_where_there_is_no_display(course, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    assert lab.arguments(course) == ["notebooks/01_claims.ipynb", "--allow-root", "--no-browser"]
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    (course / "notebooks/00_start_here.ipynb").write_text("{}", "utf-8")
    assert lab.arguments(course) == ["notebooks/00_start_here.ipynb"]


def test_lab_copies_the_course_to_a_folder_and_never_over_anything(course, tmp_path):
    home = tmp_path / "new" / "folder"
    assert lab.home(Course(course), str(home)) == home
    assert (home / "exercises/course.yaml").is_file() and (home / "notebooks/01_claims.ipynb").is_file()
    mine = home / "notebooks/01_claims.ipynb"
    mine.write_text("my work", "utf-8")
    assert lab.home(Course(course), str(home)) == home
    assert mine.read_text("utf-8") == "my work"
    with pytest.raises(Unreadable, match="holds something else"):
        lab.home(Course(course), str(tmp_path))


def test_lab_asks_for_a_folder_when_the_course_is_only_in_the_package(course, monkeypatch, tmp_path):
    monkeypatch.setattr(lab, "PACKAGE", course.parent)
    with pytest.raises(Unreadable, match="coursekit lab --dir hands-on-coding"):
        lab.home(Course(course), None)
    assert lab.home(Course(course), str(tmp_path / "mine")) == tmp_path / "mine"


def test_lab_starts_jupyter_in_the_course_with_what_else_was_said(course, monkeypatch):
    started = []

    def execv(*command):
        started.append((os.getcwd(), *command))
        raise SystemExit(0)

    monkeypatch.setattr(os, "execv", execv)
    monkeypatch.setattr(os, "name", "posix")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("started twice"))
    monkeypatch.chdir(course)
    with pytest.raises(SystemExit):
        main(["lab", "--help"])
    with pytest.raises(SystemExit):
        main(["lab", "--", "--port", "9123"])
    ((folder, program, command),) = started
    assert folder == str(course)
    assert program == sys.executable
    assert command[1:4] == ["-m", "jupyterlab", "notebooks/01_claims.ipynb"]
    assert command[-2:] == ["--port", "9123"]
