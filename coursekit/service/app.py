"""The service over HTTP: what is asked and answered at which address. Its description is at `openapi.json`.

Every refusal is a JSON object with a `status` and a `headline` in plain words, and nothing else.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from ..desk import empty
from ..model import DISPUTE, Attempt, Exercise, Unreadable
from ..store import now
from . import pages
from .attempts import AGAIN, KEPT, NOT_YOURS, Attempts, DatabaseAway
from .bench import Bench, KeyedRelease
from .hub import Hub, HubAway, NotAllowed, Person, Unknown, is_in
from .limits import Pace, TooLarge, bounded
from .messages import NAME, REFUSALS, Answered, Mine, Own, Ready, Said, Sent, described
from .settings import Settings
from .telemetry import Figures, event

SECURE = {
    "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
}  # fmt: skip
AGAIN_SOON = {"Retry-After": "2"}
NAMELESS = "(no address of ours)"


class Refused(Exception):
    """An answer to a request that is none of what was asked for."""

    def __init__(self, code: int, status: str, headline: str, headers: dict[str, str] | None = None):
        super().__init__(headline)
        self.code, self.body, self.headers = code, {"status": status, "headline": headline}, headers or {}

    def response(self) -> JSONResponse:
        """It as a response."""
        return JSONResponse(self.body, self.code, self.headers)


def made(settings: Settings, hub: Hub | None = None) -> FastAPI:
    """The service with these settings. Reads the whole course first; raises `Unreadable` where keys and release differ."""
    course = KeyedRelease(settings.release, settings.keys)
    course.check()
    app = FastAPI(
        title="Grading service", version="1", docs_url=None, redoc_url=None, openapi_url=f"{settings.prefix}openapi.json",
        lifespan=_lifespan, description="Takes the answers of a class, keeps them, and tells each learner what they earned.",
    )  # fmt: skip
    app.state.settings, app.state.bench = settings, Bench(course, settings.feedback)
    app.state.hub, app.state.figures = hub or Hub(settings.token_seconds), Figures()
    app.state.attempts = Attempts(settings.database, course.id, settings.connections)
    app.state.pace = Pace(settings.rate, settings.burst)
    app.include_router(api, prefix=settings.prefix.rstrip("/"))
    app.include_router(pages.router, prefix=settings.prefix.rstrip("/"), include_in_schema=False)
    for kind, answer in _ANSWERS.items():
        app.add_exception_handler(kind, answer)
    app.add_middleware(Around, app=app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    await app.state.attempts.open()
    event("started", exercises=len(app.state.bench.course.names), feedback=app.state.settings.feedback)
    yield
    await app.state.attempts.close()
    event("ended")


# Who asks ------------------------------------------------------------------------------------------------------------


async def anyone(request: Request) -> Person:
    """Whoever the hub lets use this service."""
    return await request.app.state.hub.person(Hub.token_of(request.headers.get("authorization")))


async def learner(request: Request, person: Annotated[Person, Depends(anyone)]) -> str:
    """The name of a user of the hub, within the limit on requests."""
    if person.kind != "user":
        raise NotAllowed
    if wait := request.app.state.pace.wait(person.name):
        headers = {"Retry-After": str(int(wait) + 1)}
        raise Refused(429, "busy", "Too many requests came from you at once. Wait a moment.", headers)
    return person.name


Learner = Annotated[str, Depends(learner)]
api = APIRouter()


# Answers -------------------------------------------------------------------------------------------------------------


@api.post("/attempts", status_code=201, response_model=None, **described(Answered, 200, body=Sent))
async def keep(request: Request, name: Learner) -> Response:
    """Grade an answer, keep it, and tell what was earned. The same attempt sent again is told the same and counts once."""
    state = request.app.state
    sent = await _read(request)
    bench: Bench = state.bench
    try:
        exercise = bench.course.exercise(sent.exercise)
    except Unreadable:
        raise _no_exercise() from None
    if sent.form != DISPUTE and sent.form not in exercise.forms:
        raise Refused(422, "invalid", "This exercise does not ask that form of question.")
    if sent.fingerprint != exercise.fingerprint:
        words = "The words of this exercise were changed. Run its cell again, and answer what it asks now."
        raise Refused(409, "refused", words)
    if bench.terms.waits(now()):
        raise Refused(409, "refused", f"{bench.terms.not_yet} This one was not kept, and not counted as a try.")
    try:
        bench.check(exercise, sent.form, sent.answer)
    except Unreadable as error:
        raise Refused(422, "invalid", str(error)) from None
    attempt = Attempt(learner=name, course=bench.course.id, **sent.model_dump())
    kept = await state.attempts.keep(attempt, None if sent.form == DISPUTE else bench.terms.tries)
    state.figures.attempts.labels(kept.outcome).inc()
    event("attempt", outcome=kept.outcome, id=sent.id, exercise=sent.exercise, form=sent.form)
    if kept.outcome == NOT_YOURS:
        raise Refused(409, "refused", "This id belongs to another answer. Submit again.")
    if kept.outcome not in (KEPT, AGAIN):
        raise Refused(409, "refused", bench.terms.no_more)
    shown = _told(bench, exercise, sent.form, sent.answer, kept.tries, kept.at)
    return _json(shown, 201 if kept.outcome == KEPT else 200)


def _told(bench: Bench, exercise: Exercise, form: str, answer: str, tries: int, at: str) -> dict[str, Any]:
    """What is earned; where the course fails at saying it, that the answer is kept: so much is true."""
    try:
        return bench.reply(exercise, form, answer, tries, at, now())
    except Exception as error:
        event("no feedback", 40, error, exercise=exercise.name, form=form)
        return empty("recorded", "Kept. What it is worth cannot be shown now.") | {"tries": tries}


async def _read(request: Request) -> Sent:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused(415, "invalid", "Send JSON: Content-Type: application/json.")
    try:
        return Sent.model_validate_json(await request.body())
    except ValidationError as error:
        # What was sent is not repeated; only which key does not hold what it should.
        wrong = sorted({str(one["loc"][0])[:40] for one in error.errors(include_input=False) if one["loc"]})
        known = [key for key in wrong if key in Sent.model_fields]
        raise Refused(422 if wrong else 400, "invalid", f"This is not an attempt: {', '.join(known) or 'see openapi.json'}.") from None  # fmt: skip


def _no_exercise() -> Refused:
    return Refused(404, "refused", "This course has no such exercise.")


@api.get("/exercises/{name}", response_model=None, **described(Mine))
async def standing(request: Request, name: Annotated[str, Path(pattern=NAME)], who: Learner) -> Response:
    """What the learner answered last to each form of an exercise, and what they have earned to read about it."""
    bench: Bench = request.app.state.bench
    try:
        exercise = bench.course.exercise(name)
    except Unreadable:
        raise _no_exercise() from None
    mine = await request.app.state.attempts.own(who, exercise.name)
    forms: dict[str, Any] = {}
    for form in exercise.forms:
        of_form = [one for one in mine if one.form == form]
        if not of_form:
            continue
        last, reply = of_form[-1], None
        if last.fingerprint == exercise.fingerprint:
            reply = _told(bench, exercise, form, last.answer, len(of_form), last.at)
        forms[form] = {"tries": len(of_form), "answer": last.answer, "hints": last.hints, "reply": reply}
    return _json({"forms": forms})


@api.get("/attempts", response_model=None, **described(Own))
async def own(request: Request, who: Learner, exercise: Annotated[str | None, Query(pattern=NAME)] = None) -> Response:
    """The learner's own attempts, oldest first; of one exercise, or of all."""
    bench: Bench = request.app.state.bench
    rows, at = await request.app.state.attempts.own(who, exercise), now()
    # Grading a whole course takes a while, in which others are answered.
    scores = await asyncio.to_thread(lambda: [_score(bench, row, at) for row in rows])
    return _json({"attempts": [asdict(row) | {"score": score} for row, score in zip(rows, scores, strict=True)]})


def _score(bench: Bench, attempt: Attempt, at: str) -> float | None:
    """What an attempt was worth; None where the course fails at saying it: the other attempts are shown all the same."""
    try:
        return bench.score(attempt, at)
    except Exception as error:
        event("no score", 40, error, exercise=attempt.exercise, form=attempt.form)
        return None


def _json(body: Any, code: int = 200) -> Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=list)
    return Response(text.encode(), code, media_type="application/json")


# About the service ---------------------------------------------------------------------------------------------------


@api.get("/health", response_model=Ready, responses={503: {"model": Said, "description": "The database is away."}})
async def health(request: Request) -> Any:
    """Whether answers can be kept now."""
    try:
        await request.app.state.attempts.ready()
    except DatabaseAway:
        request.app.state.figures.database_up.set(0)
        raise
    request.app.state.figures.database_up.set(1)
    return {"status": "ok"}


@api.get("/metrics", response_class=Response, **described(None, media="text/plain"))
async def metrics(request: Request, person: Annotated[Person, Depends(anyone)]) -> Response:
    """Figures for Prometheus: to a service of the hub, and to instructors."""
    if person.kind != "service" and not is_in(person, request.app.state.settings.instructors):
        raise NotAllowed
    return Response(generate_latest(request.app.state.figures.registry), media_type=CONTENT_TYPE_LATEST)


# What goes wrong -----------------------------------------------------------------------------------------------------


def _answer(code: int, status: str, headline: str, headers: dict[str, str] | None = None) -> Any:
    async def answer(request: Request, error: Exception) -> Response:
        if code == 503:
            what = {HubAway: "hub", DatabaseAway: "database"}.get(type(error), "course")
            request.app.state.figures.away.labels(what).inc()
            event("away", 30, what=what, why=str(error) if what != "course" else type(error).__name__)
        return Refused(code, status, headline, headers).response()

    return answer


async def _of_http(request: Request, error: Exception) -> Response:
    code = error.status_code if isinstance(error, HTTPException) else 500
    said = {404: "There is nothing at this address.", 405: "This address does not take that."}
    return Refused(code, "refused", said.get(code, "This cannot be read."), getattr(error, "headers", None)).response()


async def _of_refusal(request: Request, error: Exception) -> Response:
    return error.response() if isinstance(error, Refused) else Response(status_code=500)


_ANSWERS: dict[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
    Refused: _of_refusal,
    HTTPException: _of_http,
    RequestValidationError: _answer(422, "invalid", "The address or its query cannot be read."),
    Unknown: _answer(401, "unknown", "The hub does not know this token.", {"WWW-Authenticate": "Bearer"}),
    NotAllowed: _answer(403, "forbidden", "This is not for you."),
    HubAway: _answer(503, "away", "The hub cannot be asked who you are. Try again.", AGAIN_SOON),
    DatabaseAway: _answer(503, "away", "The answer cannot be kept now. Try again.", AGAIN_SOON),
    TooLarge: _answer(413, "invalid", "That is more than an answer can be."),
    # A file of the course that its author is in the middle of changing.
    Unreadable: _answer(503, "away", "The course cannot be read now. Try again.", AGAIN_SOON),
}


class Around:
    """What happens around every request: limits, headers, one line in the log, its time; and one word for any failure."""

    def __init__(self, inner: Any, app: FastAPI):
        self._inner, self._app = inner, app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return await self._inner(scope, receive, send)
        began, figures, most = time.perf_counter(), self._app.state.figures, self._app.state.settings.most_body
        answered: list[int] = []

        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                answered.append(message["status"])
                there = {key.lower() for key, _ in message["headers"]}
                message["headers"] += [
                    (key.lower().encode(), value.encode())
                    for key, value in SECURE.items()
                    if key.lower().encode() not in there
                ]
            await send(message)

        figures.working.inc()
        try:
            sizes = [value for key, value in scope["headers"] if key == b"content-length"]
            if any(not size.isdigit() or len(size) > 9 or int(size) > most for size in sizes):
                raise TooLarge
            await self._inner(scope, bounded(receive, most), sending)
        except TooLarge as error:
            if not answered:
                await (await _ANSWERS[TooLarge](Request(scope), error))(scope, receive, sending)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            event("failed", 40, error)
            if not answered:
                failed = Refused(500, "away", "The service failed at this. It was not your mistake.")
                await failed.response()(scope, receive, sending)
        finally:
            figures.working.dec()
            self._told(scope, answered[-1] if answered else 499, time.perf_counter() - began)

    def _told(self, scope: Any, code: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", NAMELESS).removeprefix(self._app.state.settings.prefix.rstrip("/"))
        method = scope["method"] if scope["method"] in ("GET", "POST", "HEAD") else "other"
        self._app.state.figures.requests.labels(route, method, str(code)).observe(seconds)
        event("request", request=uuid.uuid4().hex[:12], route=route, method=method, status=code, ms=round(seconds * 1000, 1))  # fmt: skip


__all__ = ["REFUSALS", "made"]
