"""The pages of the service in a browser: a front page for everybody, and the class report for instructors."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from .hub import SESSION, SESSION_SECONDS, STATE, STATE_SECONDS, Hub, Person, Unknown, is_in
from .telemetry import event

router = APIRouter()
# A class report is made by a process of its own, so that nobody's answer waits for it.
REPORT_SECONDS = 120
KEEP_SECONDS = 5
REFRESH = {"Refresh": "30"}

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>
:root {{ color-scheme: light dark }}
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem }}
</style></head><body><main><h1>{title}</h1>{body}</main></body></html>
"""


def _page(title: str, *lines: str, code: int = 200) -> HTMLResponse:
    body = "".join(f"<p>{line}</p>" for line in lines)
    return HTMLResponse(_PAGE.format(title=escape(title), body=body), code)


async def _person(request: Request) -> Person | None:
    """Who came with a session, or a token; None for somebody who should sign in."""
    hub: Hub = request.app.state.hub
    token = Hub.token_of(request.headers.get("authorization"))
    kept = hub.token_of_session(request.cookies.get(SESSION))
    try:
        return await hub.person(token or kept)
    except Unknown:
        if token:
            raise
        return None


def _to_sign_in(request: Request) -> Response:
    place, state = request.app.state.hub.sign_in()
    there = RedirectResponse(place, 302)
    path = request.app.state.settings.prefix
    secure = request.headers.get("x-forwarded-proto", request.url.scheme).split(",")[0] == "https"
    there.set_cookie(STATE, state, STATE_SECONDS, path=path, httponly=True, samesite="lax", secure=secure)
    return there


@router.get("/")
async def front(request: Request) -> Response:
    """The front page: what is kept of whoever looks, and the report's place for instructors."""
    person = await _person(request)
    if person is None:
        return _to_sign_in(request)
    state = request.app.state
    lines = [f"You are {escape(person.name)}."]
    if person.kind == "user":
        kept = len(await state.attempts.own(person.name))
        lines.append(f"{kept:,} of your answers {'is' if kept == 1 else 'are'} kept here. Your notebooks show them.")
    if terms := state.bench.terms.facts():
        lines.append("<br>".join(f"{escape(what)}: {escape(said)}" for what, said in terms))
    if is_in(person, state.settings.instructors):
        lines.append('<a href="report">The class report</a>')
    lines.append(f'<a href="{escape(state.hub.home)}">Back to the hub</a>')
    return _page(state.bench.terms.title or state.bench.course.about["title"], *lines)


@router.get("/oauth_callback")
async def signed_in(request: Request, state: str = "", code: str = "") -> Response:
    """Where the hub sends a browser back to after sign-in."""
    hub: Hub = request.app.state.hub
    session = await hub.signed_in(request.cookies.get(STATE, ""), state[:200], code[:200])
    path = request.app.state.settings.prefix
    home = RedirectResponse(path, 302)
    secure = request.headers.get("x-forwarded-proto", request.url.scheme).split(",")[0] == "https"
    home.set_cookie(SESSION, session, SESSION_SECONDS, path=path, httponly=True, samesite="lax", secure=secure)
    home.delete_cookie(STATE, path=path)
    return home


@router.get("/report")
async def report(request: Request) -> Response:
    """The class report as it stands now; the page asks again every half minute."""
    person = await _person(request)
    if person is None:
        return _to_sign_in(request)
    state = request.app.state
    if not is_in(person, state.settings.instructors):
        return _page("Not for you", "The class report is for instructors.", code=403)
    if not hasattr(state, "report"):
        state.report = Report(state.settings)
    made = await state.report.now()
    if made is None:
        return _page(
            "No report now", "It could not be made. The service's log says why. Try again in a moment.", code=503
        )
    return HTMLResponse(made, headers=REFRESH)


class Report:
    """The class report, made at most once in a while however many ask."""

    def __init__(self, settings: Any):
        self._settings = settings
        self._making = asyncio.Lock()
        self._made: tuple[float, bytes] = (float("-inf"), b"")

    async def now(self) -> bytes | None:
        """The page, at most some seconds old; None where it could not be made."""
        async with self._making:
            if time.monotonic() - self._made[0] < KEEP_SECONDS:
                return self._made[1]
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "coursekit.service.classreport", stdout=-1, stderr=-1, env=dict(os.environ) | {
                    "COURSEKIT_KEYS": str(self._settings.keys), "COURSEKIT_RELEASE": str(self._settings.release),
                    "COURSEKIT_ATTEMPTS": self._settings.database,
                },
            )  # fmt: skip
            try:
                page, trouble = await asyncio.wait_for(process.communicate(), REPORT_SECONDS)
            except TimeoutError:
                process.kill()
                page, trouble = b"", b"it took too long"
            if process.returncode or not page:
                event("no report", 40, why=trouble.decode("utf-8", "replace").strip().rpartition("\n")[2][:200])
                return None
            self._made = (time.monotonic(), page)
            return page
