"""The grading service as a process of its own, started, killed and asked over loopback."""

import http.client
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import uvicorn

from coursekit.service.app import made
from coursekit.service.settings import Settings
from coursekit.service.telemetry import start_logging

REPO = Path(__file__).parents[2]
SMALL = REPO / "tests" / "browser" / "course"
PREFIX = "/services/grader"
RIGHT = "98940 x1, 97124 x1 XS"
WRONG = "98940 x1, 97124 x1"


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Service:
    """The service over a folder that holds `release` and `workshop.yaml`; `more` is what else its environment says."""

    def __init__(self, place, database, hub, keys=SMALL, **more):
        self.place, self.port, self.log = Path(place), free_port(), Path(place) / "service.log"
        self.process = None
        # Nothing of the environment of whoever runs the tests but what a program needs to run.
        self.environment = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ} | {
            "PYTHONPATH": str(REPO),
            "COURSEKIT_RELEASE": str(self.place / "release"),
            "COURSEKIT_KEYS": str(keys),
            "COURSEKIT_ATTEMPTS": database,
            "COURSEKIT_WORKSHOP": str(self.place / "workshop.yaml"),
            "COURSEKIT_RATE": "1000",
            "COURSEKIT_BURST": "1000",
            "COURSEKIT_TOKEN_SECONDS": "1",
            "JUPYTERHUB_API_URL": hub.url,
            "JUPYTERHUB_API_TOKEN": "the-services-own-token",
            "JUPYTERHUB_BASE_URL": "/",
            "JUPYTERHUB_SERVICE_NAME": "grader",
            "JUPYTERHUB_CLIENT_ID": "service-grader",
            "JUPYTERHUB_OAUTH_ACCESS_SCOPES": '["access:services!service=grader"]',
            "JUPYTERHUB_SERVICE_PREFIX": f"{PREFIX}/",
            "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{self.port}",
            **more,
        }

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}{PREFIX}"

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "coursekit.service"],
                env=self.environment,
                stdout=log,
                stderr=log,
                cwd=self.place,
            )
        end = time.monotonic() + 40
        while time.monotonic() < end and self.process.poll() is None:
            try:
                if self.ask("GET", "/health").status in (200, 503):
                    return self
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"the service did not start: {self.log.read_text()[-3000:]}")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(15)

    def ask(self, method, path, token=None, body=None, headers=()):
        """One request; what comes back has `status`, `headers`, `text` and, where it is JSON, `json`."""
        sent = {"Authorization": f"token {token}"} if token else {}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            sent["Content-Type"] = "application/json"
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            link.request(method, f"{PREFIX}{path}", body, sent | dict(headers))
            reply = link.getresponse()
            reply.text = reply.read().decode("utf-8", "replace")
        finally:
            link.close()
        reply.json = json.loads(reply.text) if "json" in reply.headers.get("content-type", "") else None
        return reply


class Inside(Service):
    """The same service in a thread of this process: quick to start, and ended with its test."""

    def start(self):
        os.environ.update(self.environment)
        out = logging.FileHandler(self.log)
        start_logging()
        logging.getLogger().handlers[0].setStream(out.stream if out.stream else out._open())
        settings = Settings.of(self.environment)
        config = uvicorn.Config(made(settings), host="127.0.0.1", port=self.port, log_config=None, access_log=False)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        end = time.monotonic() + 20
        while not self.server.started and time.monotonic() < end:
            time.sleep(0.01)
        assert self.server.started
        return self

    def stop(self):
        self.server.should_exit = True
        self.thread.join(15)
        assert not self.thread.is_alive()


def an_attempt(course, exercise="claim", form="complete", answer=WRONG, **more):
    """An attempt as a kernel sends it."""
    given = {"id": uuid.uuid4().hex, "exercise": exercise, "form": form, "answer": answer}
    return given | {"fingerprint": course.exercise(exercise).fingerprint} | more
