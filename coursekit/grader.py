"""The grading service as a learner's own computer sees it: answers go there, and what was earned comes back.

COURSEKIT_GRADER names its address and JUPYTERHUB_API_TOKEN says who asks. An answer that cannot be handed over now is kept
on disk and tried again with the same id, so nothing is lost and nothing counts twice.
"""

from __future__ import annotations

import json
import os
import random
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from .model import Attempt
from .store import StoreTrouble, user_folder

ADDRESS = "COURSEKIT_GRADER"
TOKEN = "JUPYTERHUB_API_TOKEN"

# A form waits 6 seconds for its kernel before it says so.
PATIENCE = 4.0  # seconds
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0  # seconds
MOST_REPLY = 8 * 1024 * 1024  # bytes
# What a service says about this very answer; asking again would bring the same.
FINAL = (200, 201, 400, 404, 409, 413, 415, 422)

WAITS = "This answer is not kept yet: {why} It is tried again until it is; what you filled in is still here."
ON_ITS_WAY = "This answer is not kept yet. It is tried again until it is."
AWAY = "the grading service does not answer."
BUSY = "the grading service cannot take it at this moment."
SLOWER = "many answers came from you at once."
UNKNOWN = "the hub no longer knows this session. Choose File, Hub Control Panel, stop your server and start it again."
FORBIDDEN = "this account may not hand answers to this course. Ask your instructor."


class Away(Exception):
    """The service could not be asked, or could not answer. The message says why, in words for the learner."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the service said to an attempt: the state of the reply, and all that is shown of it."""

    status: str
    shown: Mapping[str, Any]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the learner's token to wherever it points."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Grader:
    """A grading service at `address`, asked as the owner of `token`. `folder` keeps what could not be handed over yet.

    It reads like a store: `attempts` are the learner's own, from the service, and `scores` what it then told of them, by id.
    """

    def __init__(self, address: str, token: str, course_id: str, folder: Path | None = None):
        if urlsplit(address).scheme not in ("http", "https"):
            raise StoreTrouble(
                f"{ADDRESS} holds “{address[:80]}”, which is no web address. It begins with http:// or https://."
            )
        self.address, self.course_id = address.rstrip("/"), course_id
        self._token, self._folder = token, folder
        # Proxies of the environment are for the outside; the service is beside the hub.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())
        self._turn = threading.Lock()
        self._wake = threading.Event()
        self._trying: threading.Thread | None = None
        self._told: list[Callable[[Attempt, Heard], None]] = []
        self.scores: dict[str, float] = {}
        # What the disk would not take waits as long as this program runs.
        self._unwritten: list[Attempt] = []

    @classmethod
    def named(cls, course_id: str) -> Grader | None:
        """The service that COURSEKIT_GRADER names, or None. Raises `StoreTrouble` for an address that is none."""
        address = os.environ.get(ADDRESS, "").strip()
        return cls(address, os.environ.get(TOKEN, "").strip(), course_id) if address else None

    # Asking ----------------------------------------------------------------------------------------------------------

    def attempts(self, learner: str, exercise: str | None = None) -> list[Attempt]:
        """The learner's own attempts, oldest first. Raises `StoreTrouble`."""
        try:
            status, found = self._ask("GET", "attempts" + (f"?exercise={quote(exercise)}" if exercise else ""))
            if status != 200:
                raise Away(BUSY)
            names = {field.name for field in fields(Attempt)}
            self.scores |= {row["id"]: row["score"] for row in found["attempts"] if row.get("score") is not None}
            return [Attempt(**{key: row[key] for key in names if key in row}) for row in found["attempts"]]
        except (Away, KeyError, TypeError) as error:
            raise StoreTrouble(f"Your earlier answers cannot be shown now: {_said(error)} They are kept.") from error

    def standing(self, exercise: str) -> dict[str, Any]:
        """What the learner answered to each form of an exercise, and what was said to it. Raises `StoreTrouble`."""
        try:
            status, found = self._ask("GET", f"exercises/{quote(exercise)}")
            if status == 404:
                return {}
            if status != 200:
                raise Away(BUSY)
            return dict(found["forms"])
        except (Away, KeyError, TypeError, ValueError) as error:
            raise StoreTrouble(f"Your earlier answers cannot be shown now: {_said(error)} They are kept.") from error

    def send(self, attempt: Attempt) -> Heard:
        """Hand over an attempt. `Heard.status` is "waiting" where that did not work now: then it is tried again.

        The same answer to the same question, sent while it waits, is the same attempt.
        """
        with self._turn:
            waiting = self.waiting()
            same = next((one for one in waiting if _question(one) == _question(attempt)), None)
            if same is None:
                self._put(attempt)
                waiting.append(attempt)
            mine = same or attempt
            try:
                # What was given earlier goes first.
                for one in waiting:
                    heard = self._hand_over(one)
                    if one.id == mine.id:
                        return heard
                    self._tell(one, heard)
            except Away as error:
                self._keep_trying()
                return Heard("waiting", {"trouble": WAITS.format(why=error)})
        raise AssertionError("the attempt is among those that wait")

    def watch(self, told: Callable[[Attempt, Heard], None]) -> None:
        """Call `told` with each attempt that had to wait and what was said to it. It is called from another thread."""
        self._told.append(told)
        if self.waiting():
            self._keep_trying()

    # Handing over ----------------------------------------------------------------------------------------------------

    def _hand_over(self, attempt: Attempt) -> Heard:
        status, found = self._ask("POST", "attempts", _sent(attempt))
        if not isinstance(found.get("status"), str):
            raise Away(BUSY)
        self._drop(attempt)
        return Heard(found["status"], found)

    def _keep_trying(self) -> None:
        self._wake.set()
        if self._trying is None or not self._trying.is_alive():
            self._trying = threading.Thread(target=self._try_again, name="coursekit answers", daemon=True)
            self._trying.start()

    def _try_again(self) -> None:
        pause = FIRST_PAUSE
        while self.waiting():
            # A class whose service comes back must not knock all at once.
            self._wake.clear()
            self._wake.wait(pause * random.uniform(0.7, 1.3))
            pause = min(pause * 1.6, LONGEST_PAUSE)
            with self._turn:
                heard = []
                with suppress(Away):
                    for one in self.waiting():
                        heard.append((one, self._hand_over(one)))
                        pause = FIRST_PAUSE
            for one, what in heard:
                self._tell(one, what)

    def _tell(self, attempt: Attempt, heard: Heard) -> None:
        for told in list(self._told):
            with suppress(Exception):
                told(attempt, heard)

    # What waits ------------------------------------------------------------------------------------------------------

    @property
    def _outbox(self) -> Path:
        return (self._folder or user_folder() / "not-kept-yet") / self.course_id

    def waiting(self) -> list[Attempt]:
        """The attempts that could not be handed over yet, oldest first."""
        found = []
        for path in self._outbox.glob("*.json"):
            with suppress(OSError, ValueError, TypeError):
                found.append(Attempt(**json.loads(path.read_text("utf-8"))))
        return sorted({one.id: one for one in [*found, *self._unwritten]}.values(), key=lambda one: (one.at, one.id))

    def _put(self, attempt: Attempt) -> None:
        path = self._outbox / f"{attempt.id}.json"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_suffix(".new")
            fresh.write_text(json.dumps(asdict(attempt)), "utf-8")
            fresh.replace(path)
        except OSError:
            self._unwritten.append(attempt)

    def _drop(self, attempt: Attempt) -> None:
        self._unwritten[:] = [one for one in self._unwritten if one.id != attempt.id]
        with suppress(OSError):
            (self._outbox / f"{attempt.id}.json").unlink(missing_ok=True)

    # HTTP ------------------------------------------------------------------------------------------------------------

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        """The status and the JSON object that the service answers with. Raises `Away`."""
        headers = {"Authorization": f"token {self._token}", "Accept": "application/json"}
        data = None
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        request = urllib.request.Request(f"{self.address}/{path}", data, headers, method=method)
        try:
            try:
                reply = self._opener.open(request, timeout=PATIENCE)
            except urllib.error.HTTPError as error:
                reply = error
            with reply:
                status, found = reply.status, _read(reply)
        # A reply that was cut short, or one of something else that answers in the service's place.
        except (OSError, ValueError, HTTPException) as error:
            raise Away(AWAY) from error
        if status not in FINAL:
            raise Away({401: UNKNOWN, 403: FORBIDDEN, 429: SLOWER}.get(status, BUSY))
        return status, found


def _read(reply: Any) -> dict[str, Any]:
    data = reply.read(MOST_REPLY + 1)
    found = json.loads(data) if len(data) <= MOST_REPLY else None
    if not isinstance(found, dict):
        raise ValueError("not the service's reply")
    return found


def _sent(attempt: Attempt) -> dict[str, Any]:
    """What goes over the wire. Who answers, and when, is for the service to know."""
    return {key: value for key, value in asdict(attempt).items() if key not in ("learner", "course", "at")}


def _question(attempt: Attempt) -> tuple[str, str, str, str]:
    return attempt.exercise, attempt.form, attempt.answer, attempt.fingerprint


def _said(error: BaseException) -> str:
    return str(error) if isinstance(error, Away) else BUSY
