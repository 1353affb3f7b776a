"""Exercises as questions of other systems: what goes in comes out, in their own readers too."""

import csv
import io
import json
import subprocess
import xml.etree.ElementTree as ET
import zipfile
from contextlib import redirect_stdout
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import npm
import pytest
from small_course import EXERCISES, SOLUTIONS
from small_course import write as write_course

from coursekit import engine
from coursekit.cli import main, run
from coursekit.course import Course
from coursekit.interchange import exporting, gift, moodle_grades, qti_model
from coursekit.interchange.exporting import FORMATS, exported, named
from coursekit.interchange.markup import paragraph, text_of
from coursekit.interchange.questions import KINDS, MATCH, ORDER, Option, Question, plain, questions
from coursekit.model import FORMS, Unreadable

ROOT = Path(__file__).parents[1]
QTI = f"{{{qti_model.QTI}}}"

# Every sign that one of the formats takes for its own, and what a spreadsheet would run.
SIGNS = """=HYPERLINK() <b>&amp;</b> "x" 'y' {~#:=} \\n %50% 3 -> 4 $a$ [b](c) ]]> // é ∑ 5 < 6 & 7"""


@cache
def course():
    return Course(ROOT)


@cache
def whole(to):
    return exported(to, course(), ["all"])


@cache
def asked():
    """Every question of the course."""
    return tuple(one for name in course().names for one in questions(course(), name)[0])


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """A small course with every form."""
    return Course(write_course(tmp_path_factory.mktemp("small")))


@pytest.fixture(scope="session")
def signs(tmp_path_factory):
    """The small course with signs in every text that a learner or an author writes."""
    root = write_course(tmp_path_factory.mktemp("signs"))
    quoted = SIGNS.replace("'", "''")
    swaps = {
        "title: What is it called?": f"title: '{quoted}'",
        "question: Which one is kneading?": f"question: '{quoted}'",
        "massage: petrissage": f"massage: '{quoted}'",
        "stretch: pulling": f"stretch: '%10%{quoted}'",
        "knead: kneading": f"knead: '{quoted}'",
        "hand: By hand": f"hand: 'By hand {quoted}'",
        "treat: the treatment": f"treat: '{quoted}'",
        "unit: minutes": f"unit: '{quoted}'",
        "  A table   of words": f"  {SIGNS}\n\n  A table   of words",
        "  S: Stiff low back": f"  S: {SIGNS}\n\n  S: Stiff low back",
        "says: Petrissage is kneading.": f"says: '{quoted}'",
        "why: So they are called.": f"why: '{quoted}'",
    }
    for path in root.rglob("*.yaml"):
        text = path.read_text("utf-8")
        for old, new in swaps.items():
            text = text.replace(old, new)
        path.write_text(text, "utf-8")
    return Course(root)


# The whole course ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", FORMATS)
def test_the_whole_course_arrives_as_it_was_meant(to):
    made = whole(to)
    forms = sum(len(one.forms) for one in course().exercises())
    left = [one for one in made.left_out if "picture" not in one.what]
    assert len(made.questions) + len(left) == forms


@pytest.mark.parametrize("to", FORMATS)
def test_what_is_left_out_is_named_with_its_reason(to):
    orders = {f"{one.name}.order" for one in course().exercises() if "order" in one.forms}
    pictures = {f"{one.name}: the picture “{shown}”" for one in course().exercises() for shown in one.shows}
    expected = pictures | (orders if to == "jupyterquiz" else set())
    assert {one.what for one in whole(to).left_out} == expected
    assert all(one.why for one in whole(to).left_out)


@pytest.mark.parametrize("to", FORMATS)
def test_the_same_course_gives_the_same_bytes(to):
    assert exported(to, Course(ROOT), ["all"]).data == whole(to).data


def test_no_question_shows_a_hint():
    for one in asked():
        hints = course().exercise(one.exercise).hints
        words = plain(f"{one.stem} {one.ask} {one.options}")
        assert [hint for hint in hints if plain(hint) in words] == []


def test_a_stem_holds_note_payer_provider_and_date():
    for one in asked():
        exercise = course().exercise(one.exercise)
        if exercise.note:
            said = dict(one.stem)
            assert said["Note"] == exercise.note
            assert all(f"{what}: " in said[""] for what in ("Payer", "By", "Date of service"))


def test_every_kind_and_every_form_is_tried(small):
    made = [one for name in small.names for one in questions(small, name)[0]]
    assert {one.kind for one in made} == set(KINDS)
    assert {one.form for one in made} == set(FORMS) - {"complete"}
    assert "complete" in {one.form for one in asked()}


def test_a_claim_without_a_foreseen_misstep_is_left_out_by_name(small):
    (left,) = questions(small, "neck")[1]
    assert (left.what, left.why) == ("neck.complete", "its author foresaw no wrong claim to offer beside the right one")


def answer_of(one, options):
    """An answer in the course's own words, for options that somebody picked or placed."""
    texts = {option.id: option.text for option in one.options}
    if one.form == "complete":
        return texts[options[0]]
    if one.form == "support":
        line = course().exercise(one.exercise).forms["support"]["line"]
        return f"{line}: {' '.join(id.removeprefix('piece_') for id in options)}"
    if one.form == "audit":
        labels = course().exercise(one.exercise).forms["audit"]["claim"].labelled
        rows = [f"{label}: {option.place}" for label, option in zip(labels, one.options[:-1], strict=True)]
        missing = [one.options[-1].place] if one.options[-1].place == engine.MISSING else []
        return ", ".join([*rows, *missing]).replace(" and ", " + ")
    if one.form == "sort":
        return ", ".join(f"{option.id}={option.place}" for option in one.options)
    return " ".join(options)


def test_what_a_question_calls_right_is_right_for_the_engine():
    for one in asked():
        exercise, solution = course().exercise(one.exercise), course().solution(one.exercise)
        right = [option.id for option in one.options if option.right]
        answer = f"{one.number.right}" if one.number else answer_of(one, right)
        assert engine.grade(exercise, solution, one.form, answer).solved, f"{one.id}: {answer}"


def test_what_a_question_calls_wrong_is_wrong_for_the_engine():
    for one in asked():
        exercise, solution = course().exercise(one.exercise), course().solution(one.exercise)
        if one.kind == "choose":
            wrong = [answer_of(one, [option.id]) for option in one.options if not option.right]
        elif one.number:
            wrong = [f"{value}" for value, _ in one.number.likely]
        elif one.form == "support":
            right = [option.id for option in one.options if option.right]
            wrong = [answer_of(one, [*right, option.id]) for option in one.options if option.right is False]
        else:
            continue
        assert wrong
        for answer in wrong:
            assert not engine.grade(exercise, solution, one.form, answer).solved, f"{one.id}: {answer}"


def test_every_wrong_claim_says_what_its_author_thought():
    for one in asked():
        if one.form == "complete":
            thoughts = {plain(misstep.thinking) for misstep in course().solution(one.exercise).missteps}
            said = {
                plain(option.says).partition("A thought that leads here: ")[2]
                for option in one.options
                if not option.right
            }
            assert said == thoughts


# Signs ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", FORMATS)
def test_no_sign_of_a_format_breaks_out_of_a_text(signs, to):
    made = exported(to, signs, ["all"])
    assert any(plain(SIGNS) in plain(f"{one.stem} {one.ask}") for one in made.questions)


def test_html_of_a_text_holds_no_element_but_our_own():
    class Tags(HTMLParser):
        def __init__(self):
            super().__init__()
            self.tags = set()

        def handle_starttag(self, tag, attrs):
            self.tags.add(tag)
            assert attrs == []

    reader = Tags()
    reader.feed(paragraph(f"{SIGNS}\n<script>x</script>"))
    assert reader.tags == {"p", "br"}


def test_a_text_in_columns_stays_in_columns():
    assert paragraph("Line    Charge\n97140   $55") == "<pre>Line    Charge\n97140   $55</pre>"
    assert paragraph("One line,\nand another.") == "<p>One line,<br/>and another.</p>"


def test_a_cell_never_starts_a_formula(signs):
    rows = list(csv.reader(io.StringIO(exported("csv", signs, ["all"]).data.decode("utf-8-sig"))))
    assert [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))] == []
    assert any(cell.startswith("'=HYPERLINK") for row in rows for cell in row)


# The readers of others -----------------------------------------------------------------------------------------------


def read_by_gift_pegjs(data, tmp_path):
    """What the parser of others makes of a GIFT file: type, title and answers of each question."""
    (tmp_path / "all.gift").write_bytes(data)
    say = (
        f"const {{parse}} = require({json.dumps(str(npm.package('gift-pegjs')))});"
        f"const text = require('fs').readFileSync({json.dumps(str(tmp_path / 'all.gift'))}, 'utf8');"
        "console.log(JSON.stringify(parse(text)))"
    )
    out = subprocess.run(["node", "-e", say], capture_output=True, text=True, check=True, encoding="utf-8").stdout
    return [one for one in json.loads(out) if one["type"] != "Category"]


@pytest.mark.parametrize("which", ["whole course", "signs"])
def test_a_parser_of_gift_reads_every_question(which, signs, tmp_path):
    made = whole("gift") if which == "whole course" else exported("gift", signs, ["all"])
    seen = read_by_gift_pegjs(made.data, tmp_path)
    assert [one["id"] for one in seen] == [one.id for one in made.questions]
    types = {"choose": "MC", "select": "MC", "match": "Matching", "order": "Matching", "number": "Numerical"}
    for got, one in zip(seen, made.questions, strict=True):
        assert got["type"] == types[one.kind]
        assert plain(got["title"]) == plain(one.title)
        assert text_of(got["stem"]["text"]).endswith(plain(one.ask))
        if one.kind == "choose":
            right = [text_of(choice["text"]["text"]) for choice in got["choices"] if choice["isCorrect"]]
            assert right == [plain(option.text) for option in one.options if option.right]
        elif one.kind == "select":
            assert [choice["weight"] for choice in got["choices"]] == [
                float(moodle_grades.percent(moodle_grades.share(one, option))) for option in one.options
            ]
        elif one.kind in (MATCH, ORDER):
            read = [(text_of(pair["subquestion"]["text"]), plain(pair["subanswer"])) for pair in got["matchPairs"]]
            # Its reading of a target is plain text in which a guarded sign stands for itself.
            assert [text for text, _ in read if text] == [plain(option.text) for option in one.options]
        else:
            assert got["choices"][0]["text"]["number"] == one.number.right
            assert [choice["text"]["number"] for choice in got["choices"][1:]] == [v for v, _ in one.number.likely]


@pytest.mark.parametrize("which", ["whole course", "signs"])
def test_a_parser_of_moodle_xml_reads_every_choice(which, signs):
    parser = pytest.importorskip("moodle_xml_parser.parser")
    made = whole("moodle-xml") if which == "whole course" else exported("moodle-xml", signs, ["all"])
    seen = parser.parse_bytes(made.data)["multichoice"]
    picked = [one for one in made.questions if one.kind in ("choose", "select")]
    assert len(seen) == len(picked) > 0
    for got, one in zip(seen, picked, strict=True):
        # That parser takes every markup away twice, so that a text with markup of its own reads as less.
        assert got.single == (one.kind == "choose")
        shares = [moodle_grades.share(one, option) for option in one.options]
        assert [option.score_fraction for option in got.options] == pytest.approx(shares, abs=1e-4)


def test_moodle_takes_every_share_of_a_mark():
    for question in ET.fromstring(whole("moodle-xml").data).findall("question"):
        if question.get("type") == "multichoice":
            shares = [float(answer.get("fraction")) for answer in question.findall("answer")]
            assert {abs(share) for share in shares} <= set(moodle_grades.TAKEN)
            assert sum(share for share in shares if share > 0) == pytest.approx(100, abs=0.001)


@pytest.fixture(scope="module")
def page(browser):
    """An empty page in a real browser that asks no other host."""
    page = browser.new_page()
    page.route("**/*", lambda route: route.abort())
    yield page
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize("which", ["whole course", "signs"])
def test_jupyterquiz_shows_the_questions_and_their_feedback(page, which, signs):
    package = Path(pytest.importorskip("jupyterquiz").__file__).parent
    made = whole("jupyterquiz") if which == "whole course" else exported("jupyterquiz", signs, ["all"])
    seen = [one for question in made.questions for one in FORMATS["jupyterquiz"].meant(question)]
    # Of the whole course every fourth: a page of thousands of answers takes its time.
    every = 4 if which == "whole course" else 1
    quiz, seen = json.loads(made.data)[::every], seen[::every]
    parts = ("helpers", "multiple_choice", "numeric", "string", "show_questions")
    page.set_content("<div id=here data-shufflequestions=False data-shuffleanswers=False></div>")
    page.add_script_tag(content="\n".join((package / "js" / f"{part}.js").read_text("utf-8") for part in parts))
    shown = page.evaluate(
        """quiz => {
            show_questions(quiz, document.getElementById('here'));
            return [...document.querySelectorAll('.Quiz')].map(one => {
                const right = one.querySelector('label[data-correct="true"]');
                if (right) right.click();
                return {told: one.querySelector('.Feedback')?.textContent,
                        tags: [...one.querySelectorAll('b, script, a')].length};
            });
        }""",
        quiz,
    )
    assert len(shown) == len(seen) == len(quiz)
    for got, one in zip(shown, seen, strict=True):
        assert got["tags"] == 0
        if one.kind != "numeric":
            right = next(said for said, (_, mark) in zip(one.said, one.marks, strict=True) if mark == "True")
            assert right in plain(got["told"])


PLAY = """async ([xml, answers]) => {
    const found = within => {
        const here = within.querySelector('qti-assessment-item');
        if (here) return here;
        for (const one of within.querySelectorAll('*'))
            if (one.shadowRoot) { const deep = found(one.shadowRoot); if (deep) return deep; }
    };
    const marks = [];
    for (const answer of answers) {
        document.body.innerHTML = '<qti-item><item-container></item-container></qti-item>';
        const container = document.querySelector('item-container');
        await container.updateComplete;
        container.itemXML = xml;
        let item;
        for (let n = 0; n < 200 && !(item = found(document)); n++) await new Promise(done => setTimeout(done, 10));
        await new Promise(done => setTimeout(done, 30));
        item.updateResponseVariable('RESPONSE', answer);
        item.processResponse();
        await new Promise(done => setTimeout(done, 10));
        const value = id => item.variables.find(one => one.identifier === id)?.value;
        const told = [...item.querySelectorAll('qti-modal-feedback')].filter(one => one.showStatus === 'on');
        // The player rounds to three places.
        marks.push([Number(value('SCORE')), told.map(one => one.getAttribute('identifier'))]);
    }
    return marks;
}"""


@pytest.mark.browser
def test_a_player_of_qti_marks_every_form_as_the_course_does(page, small):
    upgrade = pytest.importorskip("qti_convert.upgrade").upgrade_qti2_to_qti3
    page.set_content("<p>QTI</p>")
    page.add_script_tag(path=npm.package("@citolab/qti-components") / "cdn" / "index.global.js")
    made = {one.form: (one, xml) for one, xml in items(exported("qti21", small, ["all"]))}
    # The same exercise of the real course for claims: the small one foresees no misstep.
    made["complete"] = next((one, xml) for one, xml in items(whole("qti21")) if one.id == "neck_after_lumbar.complete")

    def marks(form, *answers):
        return page.evaluate(PLAY, [upgrade(made[form][1].decode()), list(answers)])

    assert marks("choose", "c_massage", "c_rest") == [[1, ["c_massage"]], [0, ["c_rest"]]]
    select = [["c_knead", "c_glide"], ["c_knead"], ["c_knead", "c_sleep"], ["c_knead", "c_glide", "c_sleep"]]
    assert marks("select", *select) == [
        [1, ["c_knead", "c_glide", "why"]],
        [0.5, ["c_knead", "why"]],
        [0, ["c_knead", "c_sleep", "why"]],
        [0, ["c_knead", "c_glide", "c_sleep", "why"]],
    ]
    sort = [["c_knead t_1", "c_glide t_1", "c_pull t_2"], ["c_knead t_1", "c_glide t_2", "c_pull t_2"], []]
    assert [score for score, _ in marks("sort", *sort)] == pytest.approx([1, 2 / 3, 0], abs=1e-3)
    order = [["c_treat", "c_write", "c_bill"], ["c_write", "c_treat", "c_bill"]]
    assert [score for score, _ in marks("order", *order)] == [1, 0]
    right = made["number"][0].number.right
    assert [score for score, _ in marks("number", f"{right:g}", f"{right + 1:g}", "0")] == [1, 0, 0]
    assert marks("complete", "c_right", "c_wrong_1")[0][0] == 1
    assert marks("complete", "c_wrong_1")[0] == [0, ["c_wrong_1"]]
    audit = [
        f"c_{option.id} t_{[t for t, _ in made['audit'][0].targets].index(option.place) + 1}"
        for option in made["audit"][0].options
    ]
    assert [score for score, _ in marks("audit", audit, audit[:1])] == pytest.approx([1, 1 / len(audit)], abs=1e-3)
    support = [f"c_{option.id}" for option in made["support"][0].options if option.right]
    assert marks("support", support)[0][0] == 1


def items(made):
    """Each question with its item."""
    with zipfile.ZipFile(io.BytesIO(made.data)) as package:
        return [(one, package.read(f"items/{one.id}.xml")) for one in made.questions]


# What is refused -----------------------------------------------------------------------------------------------------


def broken(xml, change):
    item = ET.fromstring(xml)
    change(item)
    return qti_model.faults(item)


QTI_FAULTS = {
    "<assessmentItem> lacks its title": lambda item: item.attrib.pop("title"),
    "<assessmentItem> has no attribute titel": lambda item: item.set("titel", "x"),
    "“1 2” is not an identifier": lambda item: item.set("identifier", "1 2"),
    "<script> is not an element that an export writes": lambda item: ET.SubElement(
        item.find(f"{QTI}itemBody"), f"{QTI}script"
    ),
    "holds its children in an order": lambda item: item.insert(0, item[-1]),
    "<itemBody> holds text of its own": lambda item: setattr(item.find(f"{QTI}itemBody"), "text", "words"),
    "ANSWER is used, and nowhere declared": lambda item: next(item.iter(f"{QTI}variable")).set("identifier", "ANSWER"),
    "the key names c_gone": lambda item: setattr(next(item.iter(f"{QTI}value")), "text", "c_gone"),
    "two choices bear one identifier": lambda item: [
        one.set("identifier", "c_rest") for one in item.iter(f"{QTI}simpleChoice")
    ],
}


@pytest.mark.parametrize("says", QTI_FAULTS)
def test_a_broken_item_of_qti_is_named(small, says):
    xml = {one.id: xml for one, xml in items(exported("qti21", small, ["pick"]))}["pick.choose"]
    assert broken(xml, lambda item: None) == []
    assert any(says in fault for fault in broken(xml, QTI_FAULTS[says]))


@pytest.mark.parametrize("to", FORMATS)
def test_what_does_not_read_back_is_not_written(to, small, tmp_path, monkeypatch, capsys):
    def worse(kept, course, write=FORMATS[to].write):
        data = write(kept, course)
        if to != "qti21":
            return data.replace(b"kneading", b"kneadin")
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
            for name in old.namelist():
                new.writestr(name, old.read(name).replace(b"kneading", b"kneadin"))
        return out.getvalue()

    monkeypatch.setattr(FORMATS[to], "write", worse)
    monkeypatch.chdir(small.root)
    (tmp_path / "out").write_text("as it was", "utf-8")
    assert main(["export", "pick", "--to", to, "--out", str(tmp_path / "out")]) == 2
    assert "would not arrive as it was meant" in capsys.readouterr().err
    assert (tmp_path / "out").read_text("utf-8") == "as it was"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("to", FORMATS)
def test_a_sealed_exercise_is_refused(to, tmp_path, capsys, monkeypatch):
    root = write_course(tmp_path / "course")
    (root / "solutions/02_words/pick.yaml").unlink()
    monkeypatch.chdir(root)
    assert main(["export", "place", "pick", "--to", to, "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err == (
        "coursekit: pick is sealed: this copy of the course holds no solution of it, and a question needs one. "
        "Export from the full course.\n"
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("right, fits", [(1, True), (10, True), (11, False), (12, False), (20, True)])
def test_moodle_gets_no_selection_whose_shares_it_does_not_know(right, fits):
    options = [Option(f"o{n}", f"text {n}", True) for n in range(right)] + [Option("w", "wrong", False)]
    one = Question("x.select", "x", "select", "select", "X", (), "Which?", tuple(options))
    assert (moodle_grades.adds_up(one) is None) == fits
    assert (gift.fits(one) is None) == fits


def test_nothing_to_write_is_said(tmp_path):
    root = write_course(
        tmp_path,
    )
    for tree, rest in (
        ("exercises", "title: Only an order\nskills:\n- code formats\n"),
        ("solutions", "why: So it goes.\n"),
    ):
        path = root / tree / "02_words/place.yaml"
        text = (EXERCISES if tree == "exercises" else SOLUTIONS)["02_words/place"]
        start, end = text.index("order:"), text.index("number:")
        path.write_text(rest + text[start:end], "utf-8")
    with pytest.raises(Unreadable, match="Nothing is left to write: place.order: JupyterQuiz has no question"):
        exported("jupyterquiz", Course(root), ["place"])


# The command line ----------------------------------------------------------------------------------------------------


def test_names_are_exercises_notebooks_and_all(small):
    assert named(small, ["place", "pick", "pick"]) == ["pick", "place"]
    assert named(small, ["2"]) == named(small, ["02"]) == named(small, ["02_words"]) == ["pick", "place"]
    assert named(small, ["all"]) == ["neck", "pick", "place"]
    with pytest.raises(Unreadable, match="no exercise and no notebook “pik”. Did you mean “pick”?"):
        named(small, ["pik"])


def test_a_folder_gets_a_file_of_the_courses_name(small, tmp_path):
    for to, form in FORMATS.items():
        assert exporting.place_of(tmp_path, to, small) == tmp_path / f"small{form.SUFFIX}"
    assert exporting.place_of(tmp_path / "new.xml", "moodle-xml", small) == tmp_path / "new.xml"


def test_the_verb_tells_what_it_wrote(small, tmp_path, monkeypatch):
    monkeypatch.chdir(small.root)
    out = io.StringIO()
    with redirect_stdout(out):
        assert run(["export", "all", "--to", "jupyterquiz", "--out", str(tmp_path / "quiz.json"), "--json"]) == 0
    told = json.loads(out.getvalue())
    assert told["exercises"] == 3
    assert told["questions"] == 6
    assert [one["what"] for one in told["left_out"]] == ["neck.complete", "place.order"]
    assert told["bytes"] == (tmp_path / "quiz.json").stat().st_size


def test_a_place_that_cannot_be_written_is_said(small, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(small.root)
    (tmp_path / "file").write_text("", "utf-8")
    assert main(["export", "pick", "--to", "csv", "--out", str(tmp_path / "file" / "x.csv")]) == 2
    assert "cannot be written" in capsys.readouterr().err
