"""What pictures show, as data: what comes before an answer, what an answer earns, and all of it in words."""

import csv
import io
import shutil
from datetime import date
from html import escape

import pytest
from cases import ROOT
from rich.console import Console

from coursekit import tables
from coursekit.claimpath import stations, ways_back
from coursekit.codetree import NOT_CPT, families, family_of, members
from coursekit.course import Course
from coursekit.desk import Desk
from coursekit.earned import shown_after
from coursekit.forms.static import static_view
from coursekit.model import Case, Claim, Service
from coursekit.pictures import (
    claim_path,
    family_tree,
    in_words,
    other_rule,
    pair_row,
    shown_beside,
    shown_first,
    ways_in_words,
)
from coursekit.terminal import show_pictures

ON = date(2026, 3, 4)
GOOD = ROOT / "tests" / "bad" / "good"

CHOOSE = (GOOD / "exercises" / "choose.yaml").read_text(encoding="utf-8")
KEY = (GOOD / "solutions" / "choose.yaml").read_text(encoding="utf-8")
CASE = (GOOD / "exercises" / "case.yaml").read_text(encoding="utf-8")
SHOWN = "shows:\n  regions:\n    neck: massage\n  minutes:\n    10:05-10:20: massage\n  tree:\n  - 97124\n  path:\n  - send\n  pair:\n  - 97124\n  - 98940\n"
BESIDE = "shows:\n  tree:\n  - 97124\n  - 97140\n  path:\n  - rejected\n"


@pytest.fixture
def desk(tmp_path):
    """A course of one question that shows pictures with its reasoning, and one case that shows them before."""
    for tree in ("exercises", "solutions"):
        (tmp_path / tree / "01_seen").mkdir(parents=True)
    write = {
        "exercises/01_seen/named.yaml": CHOOSE,
        "solutions/01_seen/named.yaml": KEY + BESIDE,
        "exercises/01_seen/seen.yaml": CASE + SHOWN,
    }
    for path, text in write.items():
        (tmp_path / path).write_text(text, encoding="utf-8")
    shutil.copy(GOOD / "solutions" / "case.yaml", tmp_path / "solutions" / "01_seen" / "seen.yaml")
    (tmp_path / "exercises" / "course.yaml").write_text("id: seen\ntitle: Seen\n")
    return Desk(Course(tmp_path))


def kinds(pictures):
    return [one["kind"] for one in pictures]


# Before and after an answer ------------------------------------------------------------------------------------------


def test_an_exercise_shows_what_it_says_it_shows(desk):
    pictures = desk.first_view("seen")["pictures"]
    assert kinds(pictures) == ["regions", "minutes", "tree", "path", "pair"]
    assert pictures[-1]["says"].startswith("Plan Cedar counts 97124 as part of 98940")


def test_pictures_of_an_exercise_are_in_its_plain_html_each_in_one_line(desk):
    view = desk.first_view("seen")
    for picture in view["pictures"]:
        assert "\n" not in in_words(picture)
        assert f"<p>{escape(in_words(picture))}</p>" in static_view(view)


def test_pictures_beside_the_reasoning_come_once_it_is_open_and_not_before(desk):
    assert desk.first_view("named")["pictures"] == []
    shown = [desk.submit("named", "choose", answer).shown["pictures"] for answer in ("glide", "tap", "glide", "knead")]
    assert [kinds(pictures) for pictures in shown] == [[], [], ["tree", "path"], ["tree", "path"]]


def test_a_picture_before_an_answer_explains_nothing_and_one_beside_the_reasoning_does():
    before, beside = claim_path(["rejected"]), shown_beside({"path": ("rejected",)})[0]
    assert before["says"] == ""
    assert beside["says"] == f"Rejected: mend and resend. {ways_back()['rejected'].says}"
    assert (before["alt"], before["ways"]) == (beside["alt"], beside["ways"])


def test_pictures_are_told_in_a_terminal():
    out = Console(file=io.StringIO(), width=2000)
    show_pictures(out, [*shown_first({"tree": ("97124",)}), *shown_beside({"path": ("appeal",)})])
    said = out.file.getvalue()
    for words in (
        "Where it stands",
        "97124, Massage by hand",
        "The path of a claim",
        "The claim was right and was denied.",
    ):
        assert words in said


# Where a code stands -------------------------------------------------------------------------------------------------


def test_every_family_of_the_codes_has_a_place_in_the_tree():
    used = {row["family"] for row in csv.DictReader((tables.DATA / "codes.csv").open(encoding="utf-8"))}
    assert used | {NOT_CPT} == set(families())
    cited = {id for family in families().values() for id in family.source}
    assert cited <= set(tables.sources())


def test_a_family_is_made_of_the_codes_in_force():
    home = family_of("97161")
    assert [row.code for row in members(home)] == ["97161", "97162", "97163", "97164"]
    # A code that has ended stands in the tree where it is asked for.
    codes = [row["code"] for row in family_tree(["97001"])["rows"] if "code" in row]
    assert codes == ["97001", "97161", "97162", "97163", "97164"]


def test_a_code_with_a_letter_stands_outside_cpt():
    rows = family_tree(["G0283"])["rows"]
    assert [row["text"] for row in rows][:2] == ["HCPCS Level II", "Procedures outside CPT"]
    assert "G0283" not in family_tree(["97014"])["alt"]


def test_a_tree_holds_the_other_families_of_its_groups_and_opens_those_of_its_codes():
    tree = family_tree(["97124", "98940"])
    marked = [row["code"] for row in tree["rows"] if "code" in row and row["marked"]]
    closed = [row["text"] for row in tree["rows"] if row.get("count")]
    assert marked == ["97124", "98940"]
    assert closed == [
        "PT evaluations",
        "OT evaluations",
        "Modalities that may run alone",
        "Modalities, clinician at hand",
        "Outside the spine",
    ]
    assert tree["alt"].startswith(
        "Medicine, Physical medicine and rehabilitation, Therapeutic procedures: 97124, Massage by hand. "
        "It stands beside 97110, 97112,"
    )


def test_each_row_of_a_tree_hangs_on_the_row_above_or_one_further_out():
    for codes in (["97124"], ["98925"], ["20560", "99213"], ["97010", "97032", "97140", "97161"]):
        levels = [row["level"] for row in family_tree(codes)["rows"]]
        assert levels[0] == 0
        assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))


# How a claim travels -------------------------------------------------------------------------------------------------


def test_the_path_has_these_stations_and_ways_back():
    assert list(stations()) == [
        "verify",
        "visit",
        "note",
        "code",
        "check",
        "send",
        "accept",
        "judge",
        "remit",
        "post",
        "patient",
    ]
    back = {id: (way.start, way.end) for id, way in ways_back().items()}
    assert back == {
        "question": ("code", "note"),
        "rejected": ("accept", "check"),
        "appeal": ("remit", "judge"),
        "corrected": ("remit", "check"),
        "refund": ("post", "remit"),
    }


def test_every_way_back_leads_back_and_every_place_cites_a_source():
    order = list(stations())
    assert all(order.index(way.end) < order.index(way.start) for way in ways_back().values())
    cited = {id for one in (*stations().values(), *ways_back().values()) for id in one.source}
    assert cited <= set(tables.sources())


def test_a_path_says_in_words_what_is_marked():
    assert claim_path(["judge", "appeal"])["alt"].endswith("Marked: Judged and Appeal a right claim.")


# What a pair does ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pair", "on", "gate", "indicator"),
    [
        (("97124", "97140"), ON, "shut", "0"),
        (("97124", "98940"), ON, "keyed", "1"),
        (("97140", "97530"), date(2019, 12, 31), "keyed", "1"),
        (("97140", "97530"), date(2020, 1, 1), "none", ""),
    ],
)
def test_a_pair_before_an_answer_is_the_row_of_the_table(pair, on, gate, indicator):
    both = [pair_row(*order, on, "medicare") for order in (pair, pair[::-1])]
    assert [(one["gate"], one["indicator"], one["shown"]) for one in both] == [(gate, indicator, [])] * 2
    if gate != "none":
        assert both[0] == both[1], "the table knows which column a code stands in"


def visit(*services, payer="medicare", on=ON):
    return Case(on, payer, "physical therapist", "", services)


def test_no_edit_is_shown_where_the_claim_opens_a_pair_that_there_is_not():
    case = visit(Service("joint mobilization", "shoulder", "left", 15), Service("therapeutic activities", "", "", 15))
    gates = [one for one in shown_after(case, Claim.parse("97140 x1, 97530 x1 59"), (), True) if one["kind"] == "pair"]
    assert [(one["gate"], one["says"]) for one in gates] == [
        ("none", "Medicare has no edit for 97140 and 97530 on March 4, 2026.")
    ]


def test_no_edit_is_no_news_where_nobody_thought_of_one():
    case = visit(Service("therapeutic exercise", "", "", 15), Service("massage", "cervical", "", 15))
    assert "pair" not in kinds(shown_after(case, Claim.parse("97110 x1, 97124 x1"), (), True))


# When ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "counting", "says"),
    [
        ({"97110": 23}, "total-time", "The other rule, each code by itself, would make the same."),
        ({"97110": 23, "97140": 8}, "total-time", "The other rule, each code by itself, would make 97110 2, 97140 1."),
        (
            {"97110": 23, "97140": 8}, "per-service",
            "The other rule, all timed minutes together, would make 97110 2 or 97110 1, 97140 1.",
        ),
        ({"97110": 7, "97140": 7}, "per-service", "The other rule, all timed minutes together, would make 97110 1 or 97140 1."),
        ({"97110": 7, "97140": 7}, "total-time", "The other rule, each code by itself, would make no unit."),
    ],
)  # fmt: skip
def test_the_other_rule_is_told_in_a_sentence(minutes, counting, says):
    assert other_rule(minutes, counting) == says


@pytest.mark.parametrize(
    ("payer", "rule"), [("medicare", "each code by itself"), ("plan_cedar", "all timed minutes together")]
)
def test_a_ruler_after_an_answer_holds_what_the_other_rule_would_make(payer, rule):
    case = visit(Service("therapeutic exercise", "", "", 23), Service("massage", "cervical", "", 8), payer=payer)
    (ruler,) = [one for one in shown_after(case, Claim.parse("97110 x2"), (), True) if one["kind"] == "minutes"]
    assert rule in ruler["other"]
    assert ruler["alt"].endswith(ruler["other"])


def test_ways_in_words_name_codes_and_units():
    assert ways_in_words([{"97110": 2, "97140": 1}, {}]) == "97110 2, 97140 1 or no unit"


def test_a_ruler_before_an_answer_counts_nothing():
    (ruler,) = shown_first({"minutes": (("massage", 15, 605),)})
    assert (ruler["sums"], ruler["says"], ruler["other"]) == ([], "", "")
