"""A PostgreSQL, a stand-in for the hub, and the grading service, for the tests of a workshop."""

import os
import sys
import tempfile
from dataclasses import replace

import postgres
import pytest
from grading import REPO, SMALL, Inside, Service

sys.path[:0] = [str(REPO / "deploy" / "hub"), str(REPO / "tests" / "classroom")]

from standin import StandIn  # noqa: E402

from coursekit.classroom.releasing import make  # noqa: E402
from coursekit.course import Course  # noqa: E402
from coursekit.terms import SEALED, Release  # noqa: E402

LACKING = "no PostgreSQL. " + postgres.HOW_TO_GET_ONE


def pytest_collection_modifyitems(items):
    for item in items:
        if REPO / "tests" / "hub" in item.path.parents:
            item.add_marker(pytest.mark.hub)


@pytest.fixture(scope="session")
def server():
    if postgres.programs() is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(LACKING)
    with tempfile.TemporaryDirectory(prefix="coursekit-postgres-") as folder:
        own = postgres.Server(folder)
        own.start()
        yield own
        own.kill()


@pytest.fixture
def hub():
    """A stand-in hub that knows Ann, Ben, their teacher, a service, and somebody who has no access."""
    stand_in = StandIn()
    for name in ("ann", "ben"):
        stand_in.add(f"token-of-{name}", name)
    stand_in.add("token-of-teacher", "teacher", groups=["instructors"])
    stand_in.add("token-of-service", "watcher", kind="service")
    stand_in.add("token-of-stranger", "stranger", scopes=["access:services!service=other"])
    yield stand_in
    stand_in.stop()


@pytest.fixture
def database(server, request):
    """The URL of an empty database."""
    name = f"t{abs(hash(request.node.nodeid))}"
    server.sql(f'CREATE DATABASE "{name}"')
    return server.url(database=name)


@pytest.fixture
def workshop(tmp_path, database, hub):
    """Starts a service with these settings: `feedback`, terms of a release, and what its environment says.

    It runs in this process, or `alone` in one of its own, which can be killed.
    """
    running, before = [], dict(os.environ)

    def begin(feedback="at once", environment=(), alone=False, **terms):
        release = replace(Release(kind=SEALED), **terms)
        make(tmp_path / "release", Course(SMALL), release, (), ())
        days = "".join(f"{key}: {value}\n" for key, value in terms.items())
        (tmp_path / "workshop.yaml").write_text(f"feedback: {feedback}\n{days}")
        service = (Service if alone else Inside)(tmp_path, database, hub, **dict(environment))
        service.course, service.database = Course(tmp_path / "release"), database
        running.append(service)
        return service.start()

    yield begin
    for service in running:
        service.stop()
    os.environ.clear()
    os.environ.update(before)
