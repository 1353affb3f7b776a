"""What the service is told by its environment: where things are, and how much it takes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..model import Unreadable
from .workshop import read_workshop, settings_file

NEEDED = {
    "COURSEKIT_RELEASE": "the folder of the sealed release that learners have",
    "COURSEKIT_KEYS": "the folder of the full course, with its solutions",
    "COURSEKIT_ATTEMPTS": "the database, as postgresql://USER:PASSWORD@HOST/DATABASE",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Where release, keys and database are, what is told when, and the limits.

    `rate` is requests a second for each learner in the long run, `burst` how many at once; `token_seconds` is how long
    the hub's word about a token is taken as still true: that long a revoked one still works, and that long the service
    works without the hub.
    """

    release: Path
    keys: Path
    database: str
    feedback: str
    prefix: str = "/services/grader/"
    rate: float = 2.0
    burst: int = 60
    most_body: int = 32 * 1024
    token_seconds: int = 60
    connections: int = 8
    instructors: str = "instructors"

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """The settings in an environment. Raises `Unreadable` for what is missing or cannot be."""
        for name, says in NEEDED.items():
            if not environment.get(name):
                raise Unreadable(f"{name} is not set. It names {says}.")
        workshop = read_workshop(settings_file(environment.get("COURSEKIT_WORKSHOP")))
        numbers = {"rate": float, "burst": int, "token_seconds": int, "connections": int}
        try:
            given = {
                key: kind(environment[name])
                for key, kind in numbers.items()
                if (name := f"COURSEKIT_{key.upper()}") in environment
            }
        except ValueError as error:
            raise Unreadable(f"COURSEKIT_RATE, _BURST, _TOKEN_SECONDS and _CONNECTIONS are numbers: {error}.") from None
        database = environment["COURSEKIT_ATTEMPTS"].replace("postgresql+psycopg://", "postgresql://", 1)
        if not database.startswith("postgresql://"):
            raise Unreadable("COURSEKIT_ATTEMPTS begins with postgresql://; attempts of a class need PostgreSQL.")
        prefix = environment.get("JUPYTERHUB_SERVICE_PREFIX") or cls.__dataclass_fields__["prefix"].default
        return cls(
            Path(environment["COURSEKIT_RELEASE"]), Path(environment["COURSEKIT_KEYS"]), database, workshop.feedback,
            f"/{prefix.strip('/')}/", **given,
        )  # fmt: skip

    @property
    def store(self) -> str:
        """The database as the rest of the package names it."""
        return self.database.replace("postgresql://", "postgresql+psycopg://", 1)
