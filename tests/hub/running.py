"""A whole workshop for tests and measurements: started from deploy/hub/start.py in a scratch folder, with parts to kill."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

REPO = Path(__file__).parents[2]
SMALL = REPO / "tests" / "browser" / "course"
PYTHON = REPO / ".venv-hub" / "bin" / "python"

sys.path[:0] = [str(REPO / "deploy" / "hub")]


def free_ports(names):
    held = {name: socket.socket() for name in names}
    try:
        for one in held.values():
            one.bind(("127.0.0.1", 0))
        return {name: str(one.getsockname()[1]) for name, one in held.items()}
    finally:
        for one in held.values():
            one.close()


def processes():
    """All processes: number, parent, account, command."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            status = (path / "status").read_text()
            command = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
        except OSError:
            continue
        yield (int(path.name), *(int(re.search(rf"^{key}:\s+(\d+)", status, re.M)[1]) for key in ("PPid", "Uid")), command)  # fmt: skip


def memory(number):
    """The proportional share of memory of a process in MiB: what is shared counts once over all who share it."""
    text = Path(f"/proc/{number}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+) kB", text, re.M)[1]) / 1024


class Workshop:
    """`settings` is the workshop's YAML; `keys` the course that is handed out."""

    def __init__(self, settings, keys=SMALL, **more):
        self.place = Path(tempfile.mkdtemp(prefix="coursekit-hub-"))
        self.place.chmod(0o711)
        shutil.copytree(keys, self.place / "keys", ignore=shutil.ignore_patterns(".*", "coursekit"))
        (self.place / "workshop.yaml").write_text(settings)
        self.folder, self.said, self.keys = self.place / "hub", [], self.place / "keys"
        ports = free_ports(["HUB_PORT", "HUB_PROXY_PORT", "HUB_API_PORT", "HUB_GRADER_PORT", "HUB_DATABASE_PORT"])
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        self.environment = kept | ports | {
            "HUB_FOLDER": str(self.folder), "HUB_PASSWORD": "let-me-in", "COURSEKIT_KEYS": str(self.keys),
            "COURSEKIT_WORKSHOP": str(self.place / "workshop.yaml"), **more,
        }  # fmt: skip
        self.url = f"http://127.0.0.1:{self.environment['HUB_PORT']}"
        self.database_port = self.environment["HUB_DATABASE_PORT"]
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(
            [str(PYTHON), str(REPO / "deploy/hub/start.py")], env=self.environment, cwd=REPO, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        threading.Thread(target=lambda: self.said.extend(iter(self.process.stdout.readline, "")), daemon=True).start()
        end = time.monotonic() + 150
        while not any("class report" in line for line in self.said):
            if self.process.poll() is not None or time.monotonic() > end:
                self.__exit__()
                raise AssertionError(f"the workshop did not start: {''.join(self.said)}")
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        self.end()
        shutil.rmtree(self.place, ignore_errors=True)

    def end(self):
        """Press Ctrl+C, and wait; the exit status, or None where it had ended before."""
        if self.process.poll() is not None:
            return None
        self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(150)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    # Its parts ------------------------------------------------------------------------------------------------------

    @property
    def hub(self):
        """The hub's process number."""
        return next(n for n, parent, _, said in processes() if parent == self.process.pid and "-m jupyterhub" in said)

    @property
    def service(self):
        """The grading service's process number."""
        return next(n for n, parent, _, said in processes() if parent == self.hub and "coursekit.service" in said)

    def kernels(self, account):
        """The kernels that run under an account."""
        return [n for n, _, uid, said in processes() if uid == account and "ipykernel" in said]

    def account(self, name):
        """The account's number of a learner."""
        return (self.folder / "homes" / name).stat().st_uid

    @property
    def database(self):
        """The database, to be killed and started."""
        from database import Database

        return Database(self.folder / "postgres", self.database_port, "")

    @property
    def log(self):
        """The hub's log, and the service's in it."""
        return (self.folder / "private" / "hub.log").read_text("utf-8", "replace")


def sign_in(page, workshop, name, to="/hub/spawn"):
    """Sign somebody in at the hub."""
    page.goto(f"{workshop.url}/hub/login?next={to}")
    page.fill("#username_input", name)
    page.fill("#password_input", "let-me-in")
    page.click("#login_submit")
