"""The grading service alone: what it keeps, whom it answers, and what it never says."""

import concurrent.futures
import http.client
import json
import time
from dataclasses import replace
from datetime import date, timedelta

import pytest
from grading import RIGHT, SMALL, WRONG, an_attempt
from leaks import leaked, secrets

from coursekit import desk
from coursekit.course import Course
from coursekit.desk import Desk
from coursekit.model import Unreadable
from coursekit.service.app import made
from coursekit.service.settings import Settings
from coursekit.store import Store

ANN, BEN, TEACHER = "token-of-ann", "token-of-ben", "token-of-teacher"
KEYS = secrets(SMALL / "solutions")
LAST_WEEK, TOMORROW = date.today() - timedelta(7), date.today() + timedelta(2)


def kept(service, learner):
    store = Store(service.database, "eight-forms")
    try:
        return store.attempts(learner)
    finally:
        store.close()


def test_a_right_answer_is_told_what_a_laptop_would_tell(workshop, tmp_path):
    service = workshop()
    said = service.ask("POST", "/attempts", ANN, an_attempt(service.course, answer=RIGHT))
    local = Desk(SMALL, Store(f"sqlite:///{tmp_path}/own.db")).submit("claim", "complete", RIGHT)
    assert said.status == 201
    assert said.json == json.loads(json.dumps(dict(local.shown)))


def test_an_answer_is_in_the_database_under_the_name_that_the_hub_knows(workshop):
    service = workshop()
    service.ask("POST", "/attempts", ANN, an_attempt(service.course, hints=1, seconds=12.5, certainty="sure"))
    [row] = kept(service, "ann")
    assert (row.learner, row.course, row.answer, row.hints, row.seconds, row.certainty) == (
        "ann", "eight-forms", WRONG, 1, 12.5, "sure",
    )  # fmt: skip


def test_the_same_attempt_again_is_told_the_same_and_counts_once(workshop):
    service = workshop(tries=1)
    sent = an_attempt(service.course)
    first, again = (service.ask("POST", "/attempts", ANN, sent) for _ in range(2))
    assert (first.status, again.status) == (201, 200)
    assert first.json == again.json
    assert len(kept(service, "ann")) == 1


def test_an_id_that_is_taken_tells_nothing_of_who_has_it(workshop):
    service = workshop()
    sent = an_attempt(service.course)
    service.ask("POST", "/attempts", ANN, sent)
    said = service.ask("POST", "/attempts", BEN, sent)
    assert said.status == 409
    assert said.json.keys() == {"status", "headline"}
    assert kept(service, "ben") == []


def test_tries_are_counted_even_when_they_come_at_once(workshop):
    service = workshop(tries=2)
    sent = [an_attempt(service.course) for _ in range(8)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        said = [one.status for one in pool.map(lambda one: service.ask("POST", "/attempts", ANN, one), sent)]
    assert sorted(said) == [201, 201] + [409] * 6
    assert len(kept(service, "ann")) == 2


# What is earned ------------------------------------------------------------------------------------------------------


ANSWERS = {
    "audit": "98940: ok, 97124: ok",
    "support": "97124: 1",
    "choose": "plans",
    "select": "four massage",
    "order": "pays note codes",
    "sort": "pairs=plan, massage=plan, limits=plan",
    "number": "7",
}


def all_replies(service, answer=WRONG):
    """Everything that the service says to a learner who answers every exercise, asks for it again, and looks around."""
    said = []
    for name in service.course.names:
        for form in service.course.exercise(name).forms:
            text = answer if form == "complete" else ANSWERS[form]
            said.append(service.ask("POST", "/attempts", ANN, an_attempt(service.course, name, form, text)))
        said.append(service.ask("GET", f"/exercises/{name}", ANN))
    said += [service.ask("GET", path, ANN) for path in ("/attempts", "/openapi.json", "/health", "/")]
    return said


@pytest.mark.parametrize("feedback", ["score only", "after the close"])
def test_nothing_of_the_keys_is_said_before_it_is_earned(workshop, feedback):
    service = workshop(feedback, closes=TOMORROW)
    said = all_replies(service)
    assert [one.status for one in said].count(201) == 8, [one.text for one in said if one.status > 201]
    assert leaked(KEYS, [one.text.encode() for one in said]) == set()


def test_the_search_for_keys_finds_them_once_they_are_earned(workshop):
    service = workshop("after the close", closes=LAST_WEEK)
    assert leaked(KEYS, [one.text.encode() for one in all_replies(service)]) != set()


def test_after_the_close_the_first_answer_is_told_why(workshop):
    service = workshop("after the close", closes=LAST_WEEK)
    service.ask("POST", "/attempts", ANN, an_attempt(service.course))
    reply = service.ask("GET", "/exercises/claim", ANN).json["forms"]["complete"]["reply"]
    assert reply["why"].startswith("The adjustment treated the low back")
    assert "after the closing day" in reply["headline"]


def test_before_the_close_an_answer_is_recorded_and_the_day_is_named(workshop):
    service = workshop("after the close", closes=TOMORROW)
    said = service.ask("POST", "/attempts", ANN, an_attempt(service.course, answer=RIGHT)).json
    assert (said["status"], said["solved"], said["score"], said["lines"]) == ("recorded", False, 0.0, [])
    assert "shown after the closing day" in said["headline"]


def test_score_only_says_the_score_and_nothing_of_where_it_was_lost(workshop):
    service = workshop("score only")
    said = service.ask("POST", "/attempts", ANN, an_attempt(service.course)).json
    assert (said["headline"], said["score"]) == ("50 of 100 points.", 0.5)
    assert not any(said[key] for key in ("lines", "marks", "pictures", "parts", "why", "answers"))
    assert service.ask("POST", "/attempts", ANN, an_attempt(service.course, answer=RIGHT)).json["headline"] == "Solved."


def test_an_answer_before_the_opening_day_is_neither_kept_nor_graded(workshop):
    service = workshop(opens=TOMORROW)
    said = service.ask("POST", "/attempts", ANN, an_attempt(service.course, answer=RIGHT))
    assert (said.status, said.json["status"]) == (409, "refused")
    assert "Answers are taken from" in said.json["headline"]
    assert kept(service, "ann") == []


# Who is answered -----------------------------------------------------------------------------------------------------

PLACES = [("POST", "/attempts"), ("GET", "/attempts"), ("GET", "/exercises/claim"), ("GET", "/metrics")]
TOKENS = {
    "missing": (None, 401),
    "wrong": ("no-such-token-at-all", 401),
    "of a kind that no hub makes": ("../../secret\\", 401),
    "of another service's user": ("token-of-stranger", 403),
}


@pytest.fixture
def said_to(workshop):
    service = workshop()
    body = an_attempt(service.course, answer=RIGHT)
    return lambda method, path, token: service.ask(method, path, token, body if method == "POST" else None)


def test_a_token_that_gives_no_right_gets_its_status_and_nothing_else(said_to):
    for method, path in PLACES:
        for what, (token, status) in TOKENS.items():
            said = said_to(method, path, token)
            assert (what, path, said.status) == (what, path, status)
            assert said.json.keys() == {"status", "headline"}, (what, path)


def test_an_expired_token_is_unknown_within_the_time_for_which_the_hub_is_believed(workshop, hub):
    service = workshop()
    assert service.ask("GET", "/attempts", ANN).status == 200
    del hub.tokens[ANN]
    assert service.ask("GET", "/attempts", ANN).status == 200
    time.sleep(1.1)
    assert service.ask("GET", "/attempts", ANN).status == 401


def test_a_service_of_the_hub_can_watch_and_not_answer(said_to):
    assert said_to("GET", "/metrics", "token-of-service").status == 200
    assert said_to("POST", "/attempts", "token-of-service").status == 403
    assert said_to("GET", "/metrics", ANN).status == 403


def test_a_learner_reads_their_own_rows_and_nobody_elses(workshop):
    service = workshop()
    service.ask("POST", "/attempts", ANN, an_attempt(service.course, answer=RIGHT))
    service.ask("POST", "/attempts", BEN, an_attempt(service.course))
    assert {row["learner"] for row in service.ask("GET", "/attempts", BEN).json["attempts"]} == {"ben"}
    assert service.ask("GET", "/exercises/claim", BEN).json["forms"]["complete"]["answer"] == WRONG
    for path in ("/attempts?learner=ann", "/attempts?exercise=claim&learner=ann"):
        assert "ann" not in service.ask("GET", path, BEN).text
    named = an_attempt(service.course) | {"learner": "ann"}
    assert service.ask("POST", "/attempts", BEN, named).status == 422
    assert len(kept(service, "ann")) == 1


def test_the_report_is_for_instructors(workshop):
    service = workshop()
    service.ask("POST", "/attempts", ANN, an_attempt(service.course))
    assert service.ask("GET", "/report", TEACHER).status == 200
    assert "ann" in service.ask("GET", "/report", TEACHER).text
    told = service.ask("GET", "/report", BEN)
    assert (told.status, "ann" in told.text) == (403, False)
    assert service.ask("GET", "/report").status == 302


def test_an_instructor_signs_in_through_the_hub(workshop, hub):
    service = workshop()
    away = service.ask("GET", "/report")
    place, cookie = away.headers["location"], away.headers["set-cookie"].split(";")[0]
    assert place.startswith("/hub/api/oauth2/authorize?client_id=service-grader")
    assert "HttpOnly" in away.headers["set-cookie"]
    state = place.partition("state=")[2].partition("&")[0]
    hub.codes["good"] = TEACHER
    for wrong in (f"state={state}&code=bad", "state=another&code=good", "", f"state={state}"):
        assert service.ask("GET", f"/oauth_callback?{wrong}", headers={"Cookie": cookie}).status == 401, wrong
    assert service.ask("GET", f"/oauth_callback?state={state}&code=good").status == 401
    back = service.ask("GET", f"/oauth_callback?state={state}&code=good", headers={"Cookie": cookie})
    session = back.headers.get_all("set-cookie")[0].split(";")[0]
    assert TEACHER not in session
    page = service.ask("GET", "/", headers={"Cookie": session})
    assert (page.status, "The class report" in page.text) == (200, True)
    # A session is for pages alone: no page of somebody else's can make a browser hand in an answer.
    assert service.ask("POST", "/attempts", None, an_attempt(service.course), {"Cookie": session}).status == 401


# What is taken -------------------------------------------------------------------------------------------------------


def test_bodies_that_are_no_attempt_get_their_status_and_nothing_else(workshop):
    service = workshop()
    good = an_attempt(service.course)
    bodies = {
        b"": 400,
        b"{": 400,
        b"[]": 400,
        b"\xff\xfe": 400,
        b"null": 400,
        b"[" * 20_000: 400,
        b"x" * 33_000: 413,
        b'{"answer": "\\ud800"}': 400,
        json.dumps(good | {"answer": "a\0b"}).encode(): 422,
        json.dumps(good | {"id": "../x"}).encode(): 422,
        json.dumps(good | {"id": 7}).encode(): 422,
        json.dumps(good | {"form": "essay"}).encode(): 422,
        json.dumps(good | {"hints": -1}).encode(): 422,
        json.dumps(good | {"seconds": 1e300}).encode(): 422,
        json.dumps(good | {"seconds": float("nan")}).encode(): 422,
        json.dumps(good | {"at": "2020-01-01"}).encode(): 422,
        json.dumps(good | {"answer": "x" * 20_000}).encode(): 422,
        json.dumps(good | {"answer": "nonsense"}).encode(): 422,
        json.dumps(good | {"form": "choose", "answer": "a"}).encode(): 422,
        json.dumps(good | {"exercise": "no_such"}).encode(): 404,
        json.dumps(good | {"fingerprint": "0" * 12}).encode(): 409,
    }
    for body, status in bodies.items():
        said = service.ask("POST", "/attempts", ANN, body)
        assert (body[:60], said.status) == (body[:60], status)
        assert said.json.keys() == {"status", "headline"}
        assert len(said.text) < 400
    assert kept(service, "ann") == []
    assert service.ask("POST", "/attempts", ANN, b"a=b", {"Content-Type": "text/plain"}).status == 415
    assert service.ask("PUT", "/attempts", ANN, b"{}").status == 405
    assert service.ask("GET", "/nowhere", ANN).status == 404
    assert service.ask("GET", "/exercises/..%2f..%2fkeys", ANN).status in (404, 422)


def test_a_body_without_a_length_is_cut_off_too(workshop):
    service = workshop()

    def endless():
        for _ in range(64):
            yield b"x" * 1024

    link = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
    link.request("POST", "/services/grader/attempts", endless(), {"Authorization": f"token {ANN}", "Content-Type": "application/json"}, encode_chunked=True)  # fmt: skip
    assert link.getresponse().status == 413


def test_one_learner_in_a_hurry_waits_and_the_others_do_not(workshop):
    service = workshop(environment={"COURSEKIT_RATE": "1", "COURSEKIT_BURST": "3"})
    said = [service.ask("GET", "/attempts", ANN) for _ in range(5)]
    assert [one.status for one in said] == [200, 200, 200, 429, 429]
    assert int(said[-1].headers["retry-after"]) >= 1
    assert service.ask("GET", "/attempts", BEN).status == 200


# What is told about the service --------------------------------------------------------------------------------------


def test_the_log_has_a_line_of_json_for_each_request_and_no_answer_name_or_token(workshop):
    service = workshop()
    service.ask("POST", "/attempts", ANN, an_attempt(service.course, answer=RIGHT))
    service.ask("GET", f"/nowhere/{ANN}?answer={RIGHT.replace(' ', '+')}", ANN)
    service.ask("POST", "/attempts", "wrong-token-here", b"{")
    time.sleep(0.2)  # a request is told of when its answer is on the way
    lines = [json.loads(line) for line in service.log.read_text().splitlines()]
    requests = [line for line in lines if line["event"] == "request" and line["route"] != "/health"]
    assert [(line["route"], line["status"]) for line in requests] == [
        ("/attempts", 201), ("(no address of ours)", 404), ("/attempts", 401),
    ]  # fmt: skip
    for word in (RIGHT, "98940", "ann", ANN, "wrong-token-here", "XS"):
        assert word not in service.log.read_text(), word


def test_figures_count_requests_and_attempts(workshop):
    service = workshop()
    service.ask("POST", "/attempts", ANN, an_attempt(service.course, answer=RIGHT))
    text = service.ask("GET", "/metrics", TEACHER).text
    assert 'coursekit_attempts_total{outcome="kept"} 1.0' in text
    assert 'coursekit_request_seconds_count{method="POST",route="/attempts",status="201"} 1.0' in text
    assert "ann" not in text


def test_health_says_whether_answers_can_be_kept(workshop, server):
    service = workshop()
    assert service.ask("GET", "/health").json == {"status": "ok"}
    server.kill()
    try:
        assert service.ask("GET", "/health").status == 503
    finally:
        server.start()
    assert service.ask("GET", "/health").status == 200


def test_keys_of_another_course_are_refused_at_the_start(workshop):
    service = workshop()
    settings = replace(Settings.of(service.environment), keys=Course.find().root)
    with pytest.raises(Unreadable, match="the keys are of hands-on-coding"):
        made(settings)


def test_an_answer_is_kept_and_said_to_be_when_the_course_fails_at_explaining_it(workshop, monkeypatch):
    service = workshop()
    monkeypatch.setattr("coursekit.feedback.explain", lambda *_: 1 / 0)
    for code in (201, 200):
        said = service.ask("POST", "/attempts", ANN, an_attempt(service.course, id="0" * 32))
        assert (said.status, said.json["status"], said.json["headline"][:5]) == (code, "recorded", "Kept.")
    assert len(kept(service, "ann")) == 1
    assert "ZeroDivisionError" in service.log.read_text()


def test_own_answers_are_shown_without_a_score_when_the_course_fails_at_grading_one(workshop, monkeypatch):
    service = workshop()
    for id, answer in (("0" * 32, RIGHT), ("1" * 32, WRONG)):
        service.ask("POST", "/attempts", ANN, an_attempt(service.course, id=id, answer=answer))
    grade = desk.grade
    monkeypatch.setattr(desk, "grade", lambda *asked: 1 / 0 if asked[3] == WRONG else grade(*asked))
    rows = service.ask("GET", "/attempts", ANN).json["attempts"]
    assert {row["answer"]: row["score"] for row in rows} == {RIGHT: 1.0, WRONG: None}
    assert "ZeroDivisionError" in service.log.read_text()
