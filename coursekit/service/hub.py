"""Who asks: the hub's word about a token, and the hub's sign-in for people who come with a browser."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass
from urllib.parse import urlencode

from jupyterhub.services.auth import HubOAuth
from tornado.web import HTTPError

# The hub is beside us; a longer silence means that it is away.
PATIENCE = 1.5  # seconds
MOST_AT_ONCE = 32
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{8,512}")
_HEADER = re.compile(r"(?:token|bearer)\s+(\S+)", re.IGNORECASE)

SESSION, STATE = "grader-session", "grader-state"
SESSION_SECONDS, STATE_SECONDS = 8 * 3600, 600
MOST_SESSIONS = 10_000


class HubAway(Exception):
    """The hub could not be asked who this is."""


class Unknown(Exception):
    """There is no token, or the hub does not know it: wrong, expired or revoked."""


class NotAllowed(Exception):
    """The hub knows who asks, and this is not for them."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks, and in which groups of the hub; `kind` is user or service."""

    name: str
    kind: str
    groups: frozenset[str]


class Hub:
    """The JupyterHub that this service belongs to, as its environment names it."""

    def __init__(self, token_seconds: int):
        self._auth = HubOAuth(cache_max_age=max(token_seconds, 1))
        self._at_once = asyncio.Semaphore(MOST_AT_ONCE)
        self._sessions: OrderedDict[str, tuple[str, float]] = OrderedDict()

    async def person(self, token: str | None) -> Person:
        """Whose token this is. Raises `Unknown`, `NotAllowed` for one without access to this service, `HubAway`."""
        if not token or not _TOKEN.fullmatch(token):
            raise Unknown
        try:
            async with asyncio.timeout(PATIENCE), self._at_once:
                model = await self._auth.user_for_token(token, sync=False)
        except (HTTPError, TimeoutError, OSError, ValueError) as error:
            raise HubAway(type(error).__name__) from error
        if not isinstance(model, dict) or not isinstance(model.get("name"), str):
            raise Unknown
        if not self._auth.check_scopes(self._auth.access_scopes, model):
            raise NotAllowed
        return Person(model["name"], model.get("kind", "user"), frozenset(model.get("groups", ())))

    @staticmethod
    def token_of(header: str | None) -> str | None:
        """The token in an Authorization header."""
        found = _HEADER.fullmatch((header or "").strip())
        return found[1] if found else None

    # People with a browser -------------------------------------------------------------------------------------------

    def sign_in(self) -> tuple[str, str]:
        """Where a browser goes to sign in, and what it keeps as a cookie until it is back."""
        verifier, challenge, method = self._auth.generate_pkce_code_challenge()
        state = secrets.token_urlsafe(24)
        asked = {
            "client_id": self._auth.oauth_client_id, "redirect_uri": self._auth.oauth_redirect_uri,
            "response_type": "code", "state": state, "code_challenge": challenge, "code_challenge_method": method,
        }  # fmt: skip
        return f"{self._auth.oauth_authorization_url}?{urlencode(asked)}", f"{state}.{verifier}"

    async def signed_in(self, kept: str, state: str, code: str) -> str:
        """The id of a new session for who came back with a code. Raises `Unknown` and `HubAway`."""
        expected, _, verifier = kept.partition(".")
        if not expected or not code or not secrets.compare_digest(expected.encode(), state.encode()):
            raise Unknown
        try:
            async with asyncio.timeout(4):
                token = await self._auth.token_for_code(code, code_verifier=verifier, sync=False)
        except HTTPError as error:
            # The hub's no to a code comes as an error of its own making; so does its silence.
            raise (Unknown if "check authorization:" in str(error.log_message) else HubAway) from error
        except (TimeoutError, OSError, KeyError, ValueError) as error:
            raise HubAway(type(error).__name__) from error
        session = secrets.token_urlsafe(32)
        self._sessions[session] = (token, time.monotonic() + SESSION_SECONDS)
        while len(self._sessions) > MOST_SESSIONS:
            self._sessions.popitem(last=False)
        return session

    def token_of_session(self, session: str | None) -> str | None:
        """The token behind a session cookie; the browser itself never has it."""
        token, end = self._sessions.get(session or "", (None, 0.0))
        return token if time.monotonic() < end else None

    @property
    def home(self) -> str:
        """The hub's own address in a browser."""
        return os.environ.get("JUPYTERHUB_PUBLIC_HUB_URL") or self._auth.hub_prefix


def is_in(person: Person, group: str) -> bool:
    """Whether somebody is in a group of the hub."""
    return person.kind == "user" and group in person.groups
