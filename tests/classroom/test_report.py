"""The report of a class: one file, all of it text, honest about what it does not know."""

import json
import re
import time
from dataclasses import replace
from html.parser import HTMLParser

import hostile
import pytest

from coursekit.classroom import advice, drawing, rendering, report, sample, statistics
from coursekit.classroom.collecting import Collection, Refused
from coursekit.classroom.room import Room, room
from coursekit.cli import main
from coursekit.course import Course
from coursekit.model import DISPUTE, Unreadable

VOID = {"meta", "path", "circle", "rect", "br"}


class Outline(HTMLParser):
    """What a page is made of: every element with its attributes, every text, and whether all that opens closes."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.texts, self.open, self.astray = [], [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.astray.append(tag)

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    def of(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]


@pytest.fixture(scope="module")
def course():
    return Course.find()


@pytest.fixture(scope="module")
def seen(course, tmp_path_factory):
    return report.read_class(sample.invented_class(course, folder=tmp_path_factory.mktemp("class")), course=course)


@pytest.fixture(scope="module")
def page(seen):
    return seen.page()


def class_of(course, attempts, refused=(), doubts=None):
    """A graded class without files."""
    from coursekit.classroom.marking import Marker

    marker = Marker(course)
    marks = [mark for who, mine in attempts.items() for mark in marker.marks(who, mine)]
    collection = Collection(attempts, doubts or {who: [] for who in attempts}, list(refused), len(attempts))
    return report.ClassReport(Room(course, collection, tuple(marks)))


# One file ------------------------------------------------------------------------------------------------------------


def assert_stands_alone(page):
    outline = Outline(page)
    tags = {tag for tag, _ in outline.elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "base", "form", "input", "button"}
    assert all(attrs.get("href", "#").startswith("#") for _, attrs in outline.elements)
    assert not any(
        name.startswith("on") or name in ("src", "srcset", "action") for _, a in outline.elements for name in a
    )
    style = re.search(r"<style>(.*?)</style>", page, re.S)[1]
    assert "url(" not in style and "@import" not in style
    assert outline.astray == [] and outline.open == []
    ids = [attrs["id"] for _, attrs in outline.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    inside = {attrs["href"][1:] for attrs in outline.of("a")}
    assert inside <= set(ids)
    return outline


def test_the_report_is_one_file_that_asks_for_nothing_and_runs_nothing(page):
    outline = assert_stands_alone(page)
    assert {"default-src 'none'; style-src 'unsafe-inline'"} <= {meta.get("content") for meta in outline.of("meta")}


def test_a_learner_has_a_file_of_their_own_on_which_nobody_else_is_named(seen):
    for who in seen.room.learners:
        outline = assert_stands_alone(seen.learner_page(who))
        words = set(re.findall(r"\w+", outline.text))
        assert who in words
        assert not words & (set(seen.room.learners) - {who})


def test_tables_and_pictures_can_be_read_aloud(page):
    outline = Outline(page)
    assert len(outline.of("caption")) == len(outline.of("table")) > 5
    assert all(attrs.get("scope") in ("col", "row", "colgroup") for attrs in outline.of("th"))
    pictures = len(outline.of("svg"))
    assert pictures > 20 and len(outline.of("desc")) == pictures
    assert all(attrs.get("role") == "img" for attrs in outline.of("svg"))
    assert outline.of("html") == [{"lang": "en"}]
    levels = [int(tag[1]) for tag, _ in outline.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))


def test_the_same_class_gives_the_same_report_byte_for_byte(seen, page, course):
    turned = dict(reversed(seen.room.collection.attempts.items()))
    again = class_of(course, {who: list(reversed(turned[who])) for who in sorted(turned)})
    assert again.page() == page


# What it says --------------------------------------------------------------------------------------------------------


def test_the_report_says_what_the_figures_say(seen, page):
    text = Outline(page).text
    for one in seen.costs:
        assert one.name.capitalize() in text
    for one in seen.items:
        assert f"{one.solved} of {one.learners}" in text
    for some in seen.wrong.values():
        assert all(" ".join(wrong.says.split()) in text for wrong in some)
    assert statistics.FLOORS in text and statistics.DISCRIMINATION in text
    assert seen.reliability.kind in text and f"{seen.reliability.value:.2f}" in text
    for need in seen.in_need:
        assert all(reason in text for reason in need.reasons)


def test_every_learner_has_every_skill_in_the_heat_map_as_a_number(seen, page):
    skills = [skill for _, some in seen.skill_groups for skill in some]
    cells = re.findall(r'<td class="(h\d|few|none|h\d)">([^<]+)</td>', page)
    expected = (len(seen.room.learners) + 1) * len(skills)
    assert len(cells) == expected
    shaded = [text for shade, text in cells if shade.startswith("h")]
    assert shaded and all(re.fullmatch(r"\d+%", text) for text in shaded)
    assert all("/" in text for shade, text in cells if shade == "few")


def test_a_shade_starts_where_the_legend_says():
    assert [rendering.level(mean) for mean in (0.394, 0.396, 0.594, 0.6, 0.794, 0.8, 1)] == [0, 1, 1, 2, 2, 3, 3]


def test_only_all_is_a_hundred_percent():
    shares = (None, 0, 0.001, 0.01, 0.995, 0.9999, 1)
    assert [rendering.percent(one) for one in shares] == ["–", "0%", "under 1%", "1%", "99%", "99%", "100%"]


def test_a_dispute_stands_beside_its_exercise_with_the_reason_and_where_it_is_written(course):
    exercise, solution = course.exercise("neck_after_lumbar"), course.solution("neck_after_lumbar")
    attempts = sample.invented(course, 1, exercises=[exercise.name])["Abel"]
    wrong = replace(attempts[0], answer="98940 x1, 97124 x1", id="0" * 32, at="2026-09-01T10:00:00.000000+00:00")
    said = replace(
        wrong, id="1" * 32, form=DISPUTE, answer="the regions differ anyway", at="2026-09-01T10:01:00.000000+00:00"
    )
    seen = class_of(course, {"Abel": [wrong, said]})
    (found,) = seen.disputes[exercise.name]
    assert (found.says, found.answer, found.stands) == (said.answer, wrong.answer, False)
    reason = next(one for one in found.reasons if one.about == "97124")
    assert reason.source["where"]
    article = re.search(r'id="exercise-neck_after_lumbar">(.*?)</article>', seen.page(), re.S)[1]
    text = Outline(article).text
    assert said.answer in text and reason.says in text and reason.source["title"] in text
    assert solution.foreseen[wrong.answer].thinking in text


@pytest.mark.parametrize("form", ["complete", "audit", "support", "choose", "select", "sort", "order", "number"])
def test_an_answer_of_each_form_can_be_disputed(course, form):
    exercise = next(one for one in course.exercises() if form in one.forms)
    wrong = sample.wrong_answers(exercise, course.solution(exercise.name), form)[0]
    first = next(iter(sample.invented(course, 1, exercises=[exercise.name]).values()))[0]
    answered = replace(first, form=form, answer=wrong)
    said = replace(first, id="2" * 32, form=DISPUTE, answer="I think not", at="2027-01-01T00:00:00.000000+00:00")
    (found,) = class_of(course, {"Abel": [answered, said]}).disputes[exercise.name]
    assert found.reasons and all(one.says for one in found.reasons)


def test_files_refused_and_doubts_are_told(course):
    who = sample.invented(course, 1, exercises=["neck_after_lumbar"])
    seen = class_of(course, who, [Refused("late/x.zip", "this is not a zip file")], {"Abel": ["the chain is broken"]})
    text = Outline(seen.page()).text
    assert "late/x.zip" in text and "this is not a zip file" in text and "the chain is broken" in text


# Who needs help ------------------------------------------------------------------------------------------------------


def test_an_exercise_not_solved_after_three_tries_is_a_sign_and_after_two_is_none(course):
    exercise = course.exercise("neck_after_lumbar")
    first = sample.invented(course, 1, exercises=[exercise.name])["Abel"][0]

    def tries(n):
        return [
            replace(first, id=f"{k:032x}", answer="98940 x1", at=f"2026-09-01T10:0{k}:00.000000+00:00")
            for k in range(n)
        ]

    assert class_of(course, {"Abel": tries(2)}).in_need == []
    (need,) = class_of(course, {"Abel": tries(3)}).in_need
    assert need.reasons == ("1 exercise not solved after 3 tries or more",)
    assert [step.exercise for step in need.steps][0] == exercise.name


def test_three_tries_over_two_forms_are_not_three_tries_at_one(course):
    exercise = next(one for one in course.exercises() if len(one.forms) == 2)
    first = sample.invented(course, 1, exercises=[exercise.name])["Abel"][0]
    one, other = exercise.forms

    def tries(*forms):
        return [
            replace(first, id=f"{k:032x}", form=form, answer=sample.wrong_answers(exercise, course.solution(exercise.name), form)[0])
            for k, form in enumerate(forms)
        ]  # fmt: skip

    assert class_of(course, {"Abel": tries(one, one, other)}).in_need == []
    assert len(class_of(course, {"Abel": tries(one, one, one, other)}).in_need) == 1


def test_what_keeps_coming_back_is_named_on_the_learners_page(seen):
    for who, standing in seen.standings.items():
        text = Outline(seen.learner_page(who)).text
        for name, titles in standing.keeps[:4]:
            assert name.capitalize() in text and f"in {len(titles)} exercises" in text
        for step in standing.steps:
            assert step.title in text


def test_who_is_named_has_a_reason_and_most_of_an_invented_class_does_well(seen):
    assert 0 < len(seen.in_need) < len(seen.room.learners)
    assert all(need.reasons for need in seen.in_need)
    many = [len(need.reasons) for need in seen.in_need]
    assert many == sorted(many, reverse=True)


def test_a_misconception_leads_to_notebooks_of_this_course(course):
    assert advice.notebooks_for(course, ["adds 59 to be safe"]) == ["03_modifiers_59_xs"]
    assert advice.notebooks_for(course, ["nobody ever named this"]) == []


# Small and large classes ---------------------------------------------------------------------------------------------


def test_an_empty_class_says_that_it_is_empty(course, tmp_path):
    seen = report.read_class(str(tmp_path), course=course)
    text = assert_stands_alone(seen.page()).text
    assert "There are no graded answers yet." in text and "Nobody has handed in anything yet." in text
    assert "%" not in Outline(seen.glance().html).text.replace("–", "").split("}")[-1]


def test_of_one_learner_no_facility_discrimination_or_reliability_is_given(course):
    seen = class_of(course, sample.invented(course, 1))
    assert all(one.facility is one.interval is one.discrimination is one.minutes is None for one in seen.items)
    text = assert_stands_alone(seen.page()).text
    assert "There is none to give: it takes 20 learners" in text
    assert " of 1 (" not in text


def test_a_learner_who_only_disputed_has_a_page(course):
    one = sample.invented(course, 1, exercises=["neck_after_lumbar"])["Abel"][0]
    seen = class_of(course, {"Abel": [replace(one, form=DISPUTE, answer="why?")]})
    text = assert_stands_alone(seen.page()).text
    assert "There are no graded answers yet." in text
    assert "why?" in text and "No answer was given before it." in text


def test_three_hundred_learners_are_read_graded_and_told_in_five_seconds_of_one_core(course, tmp_path):
    some = [name for name, folder in course.names.items() if folder[:2] in ("00", "01")]
    folder = sample.invented_class(course, 300, folder=tmp_path, exercises=some)
    start = time.process_time()
    seen = report.read_class(folder, course=course)
    page = seen.page()
    assert time.process_time() - start < 5
    assert len(seen.room.learners) == 300
    assert len(page) < 4_000_000
    assert_stands_alone(page)


# Hostile words -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def attacked(course, tmp_path_factory):
    return report.read_class(str(hostile.write(tmp_path_factory.mktemp("hostile"), course)), course=course)


def test_hostile_names_and_words_stay_text(attacked):
    outline = assert_stands_alone(attacked.page())
    assert not any(attrs.get("id") == "planted" for _, attrs in outline.elements)
    text = "".join(outline.texts)
    for name in hostile.NAMES:
        assert name in text or name.strip() in text
    assert "<iframe src=//elsewhere.test></iframe>" in text and "{{ it.course }} ${1} ]]> <!--" in text
    assert "<b id=planted>.txt" in text


def test_names_that_run_right_to_left_are_kept_apart_from_what_stands_beside_them(attacked):
    page = attacked.page()
    assert all(f"<bdi>{name}</bdi>" in page for name in hostile.NAMES if name.isalpha() or name == "שרה לוי")


def test_what_is_no_character_becomes_a_sign_that_says_so(attacked, course, tmp_path):
    assert rendering.shown("a\x1b[31m\x07\x00\ud800b\nc\td") == "a�[31m���b\nc\td"
    one = sample.invented(course, 1, exercises=["neck_after_lumbar"])["Abel"]
    seen = class_of(course, {"Abel": [*one, replace(one[0], id="3" * 32, form=DISPUTE, answer=hostile.SAYS[1])]},
                    [Refused("bad\udcffname", "no")])  # fmt: skip
    (tmp_path / "page.html").write_text(seen.page(), "utf-8")
    assert "bad�name" in seen.page()


@pytest.mark.parametrize("piece", ["glance", "needs", "misconceptions", "skills", "exercises"])
def test_a_piece_in_a_notebook_escapes_as_the_page_does(attacked, piece):
    shown = getattr(attacked, piece)()
    outline = assert_stands_alone(shown.html)
    assert not any(attrs.get("id") == "planted" for _, attrs in outline.elements)
    assert outline.of("a") == []
    assert shown._repr_html_() == shown.html and repr(shown) == shown.text


def test_the_style_of_a_piece_touches_nothing_else_on_the_page(seen):
    rules = re.sub(r"/\*.*?\*/", "", (rendering.PAGES / "report.css").read_text("utf-8"), flags=re.S)
    heads = [head.strip() for head in re.findall(r"([^{}]+)\{", rules) if not head.strip().startswith("@")]
    assert len(heads) > 50
    for head in heads:
        for one in re.sub(r"\([^()]*\)", "", head).split(","):
            assert ".ckr" in one or ".ckr" in head.split(",")[0], head


# Pieces and the command ----------------------------------------------------------------------------------------------


def test_a_piece_of_a_notebook_shows_that_notebook_alone(seen):
    text = Outline(seen.exercises("03").html).text
    assert "03 · Modifiers 59 and XS" in text and "01 · CPT basics" not in text
    with pytest.raises(Unreadable, match="There is no notebook “12”"):
        seen.exercises("12")


def test_an_unknown_learner_is_refused_with_the_nearest_name(seen):
    with pytest.raises(Unreadable, match="Nobody called “Dna” handed in anything. Did you mean “Dana”?"):
        seen.learner("Dna")


def test_the_command_writes_the_page_and_a_learners_own(tmp_path, capsys, course):
    folder = sample.invented_class(course, 6, folder=tmp_path / "in")
    assert main(["report", folder, "--out", str(tmp_path / "all.html"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["learners"], found["refused"], found["doubts"], found["disputes"]) == (6, 0, 0, 0)
    assert (tmp_path / "all.html").read_text("utf-8") == report.read_class(folder, course=course).page()
    assert main(["report", folder, "--out", str(tmp_path / "bea.html"), "--learner", "Bea"]) == 0
    assert "<h1><bdi>Bea</bdi></h1>" in (tmp_path / "bea.html").read_text("utf-8")
    capsys.readouterr()
    assert main(["report", folder, "--out", str(tmp_path / "x.html"), "--learner", "Be"]) == 2
    assert "Did you mean “Bea”?" in capsys.readouterr().err
    assert main(["report", folder, "--out", str(tmp_path / "no/such/x.html")]) == 2
    assert "Name another place with --out." in capsys.readouterr().err


def test_first_tries_are_the_same_however_many_tries_count(tmp_path, course):
    folder = sample.invented_class(course, 6, folder=tmp_path)
    one, all_ = (report.read_class(folder, tries, course) for tries in (1, None))
    assert [item.facility for item in one.items] == [item.facility for item in all_.items]
    assert one.costs == all_.costs
    assert sum(item.solved_in_the_end for item in one.items) < sum(item.solved_in_the_end for item in all_.items)


# Days ----------------------------------------------------------------------------------------------------------------


def days(*spans):
    return drawing.timeline([(day, is_first) for day, is_first in spans])


@pytest.mark.parametrize(
    ("last", "unit"),
    [
        ("2026-11-01", "day"),
        ("2026-11-02", "week"),
        ("2027-11-01", "week"),
        ("2028-01-01", "month"),
        ("9999-12-31", "year"),
    ],
)
def test_days_that_are_too_many_to_draw_become_longer_times(last, unit):
    chart = days(("2026-09-01", True), (last, True), (last, False))
    assert chart.unit == unit
    assert len(chart.bars) <= drawing.MOST_BARS
    assert (sum(bar.first for bar in chart.bars), sum(bar.later for bar in chart.bars)) == (2, 1)
    assert all(bar.first_top >= 0 and bar.later_top >= 0 for bar in chart.bars)


def test_no_answer_is_no_chart_and_one_answer_is_one_bar():
    assert days() is None
    (bar,) = days(("2026-09-01", True)).bars
    assert (bar.label, bar.first, bar.later) == ("Sep 1, 2026", 1, 0)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_can_be_drawn(day):
    assert len(days((day, True)).bars) == 1
    assert len(days((day, True), ("2026-09-01", True)).rows) == 2


# The invented class --------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_class_and_another_seed_another(course):
    assert sample.invented(course, 5, seed=3) == sample.invented(course, 5, seed=3)
    assert sample.invented(course, 5, seed=3) != sample.invented(course, 5, seed=4)


def test_what_an_invented_class_hands_in_is_read_without_a_doubt(course, tmp_path):
    graded = room(sample.invented_class(course, 26, folder=tmp_path), course)
    assert len(graded.learners) == 26 and graded.collection.refused == []
    assert not any(graded.collection.doubts.values())
    assert {one.form for mine in graded.collection.attempts.values() for one in mine} == {
        form for exercise in course.exercises() for form in exercise.forms
    }


def test_every_exercise_has_a_right_answer_and_wrong_ones_to_draw_from(course):
    from coursekit.engine import grade

    for exercise in course.exercises():
        solution = course.solution(exercise.name)
        for form in exercise.forms:
            assert grade(exercise, solution, form, sample.right_answer(exercise, solution, form)).solved
            wrong = sample.wrong_answers(exercise, solution, form)
            assert wrong, f"{exercise.name}: {form}"
            assert not any(grade(exercise, solution, form, answer).solved for answer in wrong)
