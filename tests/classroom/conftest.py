"""A PostgreSQL for the tests of a class."""

import os
import tempfile

import postgres
import pytest


@pytest.fixture(scope="session")
def server():
    if postgres.programs() is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"no PostgreSQL. {postgres.HOW_TO_GET_ONE}")
    with tempfile.TemporaryDirectory(prefix="coursekit-postgres-") as folder:
        own = postgres.Server(folder)
        own.start()
        yield own
        own.kill()
