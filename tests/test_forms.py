"""The form's Python side: what it sends to the browser, what it saves in a notebook, and what it does in trouble."""

import json
import re
import shutil
import statistics
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import anywidget
import pytest

from coursekit.course import Course
from coursekit.desk import Desk
from coursekit.forms import Form, make, saving
from coursekit.forms.bundle import HERE, SHARED, module_of
from coursekit.forms.static import static_view

REPO = Path(__file__).parents[1]
SMALL = REPO / "tests" / "browser" / "course"
VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def desk():
    return Desk(Course(SMALL))


@pytest.fixture
def form(desk, request, monkeypatch):
    """A form with a list of the states that it sends to the browser."""
    monkeypatch.setenv("COURSEKIT_LEARNER", request.node.name)
    form = Form(desk, "one_number")
    form.sent = []
    form.send_state = lambda key: form.sent.append(form.asked | json.loads(form.get_state(key)["said"]))
    return form


def say(form, **message):
    form._heard(form, message, [])


# Saving -------------------------------------------------------------------------------------------------------------


def saved(*outputs, **metadata):
    """A contents model with these outputs, after the hook."""
    cells = [{"cell_type": "markdown"}, {"cell_type": "code", "outputs": list(outputs)}]
    model = {"type": "notebook", "content": {"cells": cells, "metadata": metadata}}
    saving.pre_save_hook(model, path="a.ipynb", contents_manager=None)
    return model["content"]


@pytest.mark.parametrize("html", ['<div class="coursekit-static">', ['<div class="coursekit', '-static">']])
def test_a_saved_form_keeps_its_html_and_loses_its_live_view(html):
    content = saved(
        {"data": {"text/html": html, "text/plain": "Exercise: A", VIEW: {"model_id": "1"}}}, widgets={"a": 1}
    )
    assert content["cells"][1]["outputs"] == [{"data": {"text/html": html, "text/plain": "Exercise: A"}}]
    assert content["metadata"] == {}


def test_other_widgets_and_other_outputs_are_saved_as_they_are():
    outputs = [
        {"data": {"text/html": "<b>", VIEW: {"model_id": "1"}}},
        {"output_type": "stream", "text": "coursekit-static"},
    ]
    assert saved(*outputs)["cells"][1]["outputs"] == outputs


@pytest.mark.parametrize(
    "model", [{"type": "file", "content": "coursekit-static"}, {"type": "notebook", "content": None}, {}]
)
def test_what_is_no_notebook_is_left_alone(model):
    before = json.dumps(model)
    saving.pre_save_hook(model)
    assert json.dumps(model) == before


def test_the_server_extension_registers_the_hook_and_imports_no_widget():
    program = """
import sys
from coursekit.forms import saving
hooks = []
class Server:
    class contents_manager:
        register_pre_save_hook = hooks.append
(point,) = saving._jupyter_server_extension_points()
sys.modules[point["module"]]._load_jupyter_server_extension(Server)
assert hooks == [saving.pre_save_hook]
print([name for name in ("anywidget", "ipywidgets", "yaml", "pandas", "IPython", "sqlalchemy") if name in sys.modules])
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=REPO)
    assert run.stdout == "[]\n"


# The static view ----------------------------------------------------------------------------------------------------


class Shape(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.words = [], []
        self.handle_data = self.words.append

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, *attributes))


def shape(html):
    reader = Shape()
    reader.feed(html)
    return reader


def test_the_static_view_shows_title_note_and_question_and_what_to_do(desk):
    words = " ".join(shape(static_view(desk.first_view("claim"))).words)
    for said in (
        "A claim with blanks",
        "Date of service: March 4, 2026",
        "Kneading and gliding strokes",
        "Fill in the claim as the note supports it.",
        "98940 x1 _",
        "_ x_ _",
        "Run this cell to go on; your answers are kept.",
    ):
        assert said in words


@pytest.mark.parametrize("name", Course(SMALL).names)
def test_the_static_view_has_no_control_and_lets_no_text_become_markup(desk, name):
    view = desk.first_view(name)
    evil = "<img src=x onerror=alert(1)>"
    view |= {"title": evil, "note": evil, "text": f"{evil}  {evil}", "facts": [[evil, evil]]}
    view["ask"]["question"] = evil
    page = shape(static_view(view))
    assert {tag for tag, *_ in page.tags} <= {"div", "p", "b", "i", "br", "ul", "li", "pre"}
    assert [rest for tag, *rest in page.tags if rest] == [[("class", "coursekit-static")]]
    assert "".join(page.words).count(evil) >= 6


def test_the_static_view_is_the_same_before_and_after_answers_and_without_solutions(desk, tmp_path):
    before = make(desk, "claim")._repr_mimebundle_()[0]["text/html"]
    desk.submit("claim", "complete", "98940 x1, 97124 x1")
    assert make(desk, "claim")._repr_mimebundle_()[0]["text/html"] == before
    shutil.copytree(SMALL / "exercises", tmp_path / "exercises")
    assert make(Desk(Course(tmp_path)), "claim")._repr_mimebundle_()[0]["text/html"] == before


def test_static_views_of_the_course_are_small():
    desk = Desk(Course(REPO))
    sizes = [len(static_view(desk.first_view(name)).encode()) for name in desk.course.names]
    assert statistics.median(sizes) < 2048


# The module ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("own", [("questions", "form"), ("explore",)])
def test_the_files_of_a_widget_are_one_module_with_one_way_in(own):
    text = module_of(*own)
    assert re.findall(r"^(?:import|export)\b.*", text, re.MULTILINE) == ["export default { render };"]
    named = re.findall(r"^(?:async )?(?:function|const|let) ([A-Za-z_]+)", text, re.MULTILINE)
    assert len(named) == len(set(named)), "two files use one name at their top"


def test_what_a_file_takes_from_another_stands_there_and_is_joined_before_it():
    for own in (("questions", "form"), ("explore",)):
        before = set()
        for name in (*SHARED, *own):
            text = (HERE / f"{name}.js").read_text(encoding="utf-8")
            for names, other in re.findall(r'^import {([^}]*)} from "./(\w+).js";$', text, re.MULTILINE):
                given = (HERE / f"{other}.js").read_text(encoding="utf-8")
                assert other in before, (name, other)
                for wanted in names.replace(" ", "").split(","):
                    assert re.search(rf"^export (?:function|const) {wanted}\b|^export const .*\b{wanted}\b", given, re.MULTILINE), (
                        name, wanted,
                    )  # fmt: skip
                    assert len(re.findall(rf"\b{wanted}\b", text)) > 1, f"{name} takes {wanted} and does not use it"
            before.add(name)


# The widget ---------------------------------------------------------------------------------------------------------


def test_the_output_holds_the_live_view_the_static_one_and_a_line_of_text(desk):
    bundle = make(desk, "claim")._repr_mimebundle_()[0]
    assert set(bundle) == {VIEW, "text/html", "text/plain"}
    assert bundle["text/plain"] == "Exercise: A claim with blanks"


def test_the_browser_gets_the_state_of_the_desk_and_nothing_else_of_the_course(desk):
    form = make(desk, "claim")
    assert form.state == desk.open("claim")
    own = set(form.get_state()) - set(anywidget.AnyWidget().get_state())
    assert own == {"asked", "said", "_css"}, "_esm and _anywidget_id are in every such widget"
    assert json.loads(json.dumps(form.state)) == form.state


def test_an_answer_changes_the_state_and_is_acknowledged(form):
    say(form, kind="submit", answer="2", seconds=1.5, certainty="", hints=0, turn="a-1")
    assert form.state["reply"]["solved"]
    assert [state["turn"] for state in form.sent] == ["a-1"]


def test_one_message_heard_twice_counts_once(form):
    for _ in range(2):
        say(form, kind="submit", answer="1", turn="a-1")
    assert form.state["tries"] == 1
    assert form.sent == [form.state, form.state], "the first answer may be lost on its way"
    say(form, kind="submit", answer="1", turn="a-2")
    assert form.state["tries"] == 2


def test_a_failing_desk_is_said_in_the_form_and_forgotten_at_the_next_answer(form, monkeypatch, caplog):
    before = form.state
    with monkeypatch.context() as patch:
        patch.setattr(form._desk, "act", lambda *_: {}["nothing"])
        say(form, kind="submit", answer="2", turn="a-1")
    assert form.state == before | {"trouble": form.state["trouble"], "turn": "a-1"}
    assert form.state["trouble"].startswith(
        "The course itself failed here (KeyError: 'nothing'). This is not your mistake"
    )
    assert form.sent == [form.state]
    assert "Traceback" in caplog.text, "whoever mends the course finds the place in the log"
    say(form, kind="submit", answer="2", turn="a-2")
    assert form.state["trouble"] == "" and form.state["reply"]["solved"]


def test_an_unknown_exercise_is_refused_with_the_nearest_name(desk):
    with pytest.raises(ValueError, match="one_number"):
        make(desk, "one_numbr")
