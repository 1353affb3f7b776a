"""A learner's desk while the service, the database and the hub go away and come back: nothing kept is lost or doubled."""

import subprocess
import sys
import threading
import time
from datetime import date

import pytest
from grading import REPO, RIGHT, WRONG

from coursekit.classroom.handing_in import work_of
from coursekit.cli import main
from coursekit.desk import Desk
from coursekit.forms.handing import Hand
from coursekit.grader import Grader
from coursekit.record import progress
from coursekit.store import Store


@pytest.fixture
def sit(monkeypatch, tmp_path):
    """Sits a learner down at a desk whose answers go to a service."""

    def at(service, name="ann"):
        monkeypatch.setenv("COURSEKIT_GRADER", service.url)
        monkeypatch.setenv("JUPYTERHUB_API_TOKEN", f"token-of-{name}")
        monkeypatch.setenv("JUPYTERHUB_USER", name)
        monkeypatch.delenv("COURSEKIT_LEARNER", raising=False)
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / f"home-of-{name}"))
        return Desk(service.place / "release")

    return at


class Shown:
    """A form without a browser: a state, and what is pressed."""

    def __init__(self, desk, name="claim"):
        self.desk, self.name, self.states = desk, name, []
        self.state = desk.open(name)
        desk.watch(name, self)

    def __setattr__(self, key, value):
        super().__setattr__(key, value)
        if key == "state":
            self.states.append(value)

    def submit(self, answer):
        self.state = self.desk.act(self.name, {"kind": "submit", "answer": answer}, self.state)

    def until(self, so, seconds=25):
        end = time.monotonic() + seconds
        while not so(self.state):
            assert time.monotonic() < end, self.state
            time.sleep(0.02)


def rows(service, learner="ann"):
    store = Store(service.database, "eight-forms")
    try:
        return store.attempts(learner)
    finally:
        store.close()


def is_kept(state):
    return bool(state["reply"]) and not state["trouble"]


# The desk, when all is well ------------------------------------------------------------------------------------------


def test_the_form_shows_what_the_service_says(workshop, sit):
    form = Shown(sit(workshop()))
    form.submit(WRONG)
    assert (form.state["reply"]["status"], form.state["tries"], form.state["trouble"]) == ("graded", 1, "")
    assert [line["stands"] for line in form.state["reply"]["lines"] if line["line"]] == [True, False]
    form.submit(RIGHT)
    assert form.state["reply"]["solved"]


def test_after_a_restart_the_last_answer_and_its_reply_are_shown_again(workshop, sit):
    service = workshop()
    form = Shown(sit(service))
    form.desk.act("claim", {"kind": "hint"}, form.state)
    form.submit(WRONG)
    again = sit(service).open("claim")
    assert (again["answer"], again["tries"], again["reply"]) == (WRONG, 1, form.state["reply"])
    assert sit(service, "ben").open("claim")["tries"] == 0


def test_what_nobody_could_grade_is_not_sent(workshop, sit):
    service = workshop()
    form = Shown(sit(service))
    form.submit("nonsense")
    assert form.state["reply"]["status"] == "invalid"
    assert rows(service) == []


def test_one_try_too_many_is_refused_in_the_form(workshop, sit):
    form = Shown(sit(workshop(tries=1)))
    form.submit(WRONG)
    form.submit(RIGHT)
    assert form.state["reply"]["status"] == "refused"
    assert "You have used the one try" in form.state["reply"]["headline"]


def test_a_dispute_goes_to_the_instructor(workshop, sit):
    service = workshop()
    assert sit(service).dispute("claim", "the neck is another region").startswith("Kept.")
    assert [(row.form, row.answer) for row in rows(service)] == [("dispute", "the neck is another region")]


SCORES = [
    ({}, "solved later", 1.0),
    ({"feedback": "score only"}, "solved later", 1.0),
    ({"feedback": "after the close", "closes": date(2100, 1, 1)}, "answered", None),
    ({"feedback": "after the close", "closes": date(2020, 1, 1)}, "solved later", 1.0),
]


@pytest.mark.parametrize(("settings", "state", "best"), SCORES)
def test_progress_counts_what_the_service_keeps_and_may_tell(workshop, sit, settings, state, best):
    desk = sit(workshop(**settings))
    form = Shown(desk)
    for answer in (WRONG, RIGHT):
        form.submit(answer)
    (claim,) = (one for one in progress(desk.course).standings if one.exercise == "claim")
    assert (claim.tries, claim.state, claim.best) == (2, state, best)
    assert best is None or claim.first < 1


def test_there_is_no_file_to_hand_in_where_each_answer_is(workshop, sit, monkeypatch, capsys):
    service = workshop()
    desk = sit(service)
    monkeypatch.chdir(service.place / "release")
    assert main(["submit"]) == 2
    assert "Each answer is handed in when you submit it" in capsys.readouterr().err
    assert main(["doctor"]) in (0, 1)
    assert f"answers go to the grading service at {service.url}" in capsys.readouterr().out
    button = Hand(lambda: work_of("", desk.course, desk.store))
    said = []
    button.send = said.append
    service.stop()
    desk.submit("claim", "complete", WRONG)
    button._heard(button, {"kind": "save"}, [])
    assert "1 of them could not be handed over yet" in said[0]["says"]


# When something is away ----------------------------------------------------------------------------------------------


def test_an_answer_given_while_the_service_is_down_is_kept_when_it_is_back(workshop, sit):
    service = workshop(alone=True)
    form = Shown(sit(service))
    service.kill()
    began = time.monotonic()
    form.submit(WRONG)
    assert time.monotonic() - began < 5
    assert form.state["reply"] is None
    assert form.state["trouble"].startswith("This answer is not kept yet: the grading service does not answer.")
    assert "tried again" in form.state["trouble"]
    # Pressed again, it is still the same answer.
    form.submit(WRONG)
    service.start()
    form.until(is_kept)
    assert (form.state["answer"], form.state["tries"]) == (WRONG, 1)
    assert [row.answer for row in rows(service)] == [WRONG]


def test_answers_that_wait_outlive_the_kernel_and_keep_their_order(workshop, sit):
    service = workshop()
    sit(service)
    service.stop()
    kernel = f"from coursekit.desk import Desk; desk = Desk({str(service.place / 'release')!r}); print(*(desk.submit('claim', 'complete', answer).status for answer in {(WRONG, RIGHT)!r}))"  # fmt: skip
    said = subprocess.run([sys.executable, "-c", kernel], capture_output=True, text=True, cwd=REPO)
    assert said.stdout.split() == ["waiting", "waiting"], said.stderr
    again = sit(service)
    assert again.open("claim")["answer"] == RIGHT
    assert again.open("claim")["trouble"].startswith("This answer is not kept yet. It is tried again until it is.")
    service.start()
    form = Shown(again)
    form.until(is_kept)
    assert [row.answer for row in rows(service)] == [WRONG, RIGHT]
    assert list((service.place / "home-of-ann").rglob("*.json")) == []


def test_while_the_database_is_down_nothing_is_acknowledged(workshop, sit, server):
    service = workshop()
    form = Shown(sit(service))
    server.kill()
    try:
        form.submit(RIGHT)
        assert form.state["reply"] is None
        assert "not kept yet" in form.state["trouble"]
    finally:
        server.start()
    form.until(is_kept)
    assert form.state["reply"]["solved"]
    assert len(rows(service)) == 1


def test_while_the_hub_is_down_its_last_word_holds_and_then_answers_wait(workshop, sit, hub):
    service = workshop()
    form = Shown(sit(service))
    form.submit(WRONG)
    hub.stop()
    form.submit(RIGHT)
    assert is_kept(form.state)
    time.sleep(1.1)
    form.submit(WRONG)
    assert "not kept yet" in form.state["trouble"]
    hub.start()
    form.until(is_kept)
    assert [row.answer for row in rows(service)] == [WRONG, RIGHT, WRONG]


def test_a_session_that_ended_is_named_as_that(workshop, sit, hub):
    service = workshop()
    form = Shown(sit(service))
    known = hub.tokens.pop("token-of-ann")
    time.sleep(1.1)
    form.submit(WRONG)
    assert "the hub no longer knows this session" in form.state["trouble"]
    hub.tokens["token-of-ann"] = known
    form.until(is_kept)


def test_what_answers_in_the_place_of_the_service_is_not_believed(hub, tmp_path):
    """The hub's proxy has a page of its own for a service that is away."""
    grader = Grader(hub.url, "no-token", "eight-forms", tmp_path)
    with pytest.raises(Exception, match="cannot be shown now"):
        grader.standing("claim")


def test_nothing_acknowledged_is_lost_or_doubled_while_everything_is_killed_in_turn(workshop, server, hub, tmp_path):
    """Six learners hand in as fast as they can; what each heard to be kept is what the database has, once."""
    service = workshop(alone=True)
    fingerprint = service.course.exercise("claim").fingerprint
    acknowledged, stop = {f"learner{n}": set() for n in range(6)}, threading.Event()

    def hand_in(name):
        from coursekit.model import Attempt

        hub.add(f"token-of-{name}", name)
        grader = Grader(service.url, f"token-of-{name}", "eight-forms", tmp_path / name)
        grader.watch(lambda attempt, heard: acknowledged[name].add(attempt.id) if heard.status == "graded" else None)
        n = 0
        while not stop.is_set() or grader.waiting():
            if not stop.is_set():
                n += 1
                attempt = Attempt(f"{hash((name, n)) % 16**32:032x}", name, "eight-forms", "claim", fingerprint, "complete", f"98940 x{n % 99 + 1}, 97124 x{n // 99 + 1}", at=f"{n:09}")  # fmt: skip
                if grader.send(attempt).status == "graded":
                    acknowledged[name].add(attempt.id)
            time.sleep(0.02)

    threads = [threading.Thread(target=hand_in, args=(name,)) for name in acknowledged]
    for thread in threads:
        thread.start()
    time.sleep(1)
    service.kill()
    time.sleep(0.5)
    service.start()
    time.sleep(1)
    server.kill()
    time.sleep(0.5)
    server.start()
    time.sleep(2)
    hub.stop()
    time.sleep(2)
    hub.start()
    time.sleep(1)
    stop.set()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    for name, ids in acknowledged.items():
        found = [row.id for row in rows(service, name)]
        assert len(found) == len(set(found)) >= 5
        assert ids <= set(found)
        # Everything that was sent is kept in the end.
        assert set(found) == ids
