"""Starts a workshop on this machine and ends it cleanly: database, release, proxy, hub; on Ctrl+C hub first, database last.

`make hub` runs it. Everything that it makes is in the ignored folder .hub of the checkout, or in HUB_FOLDER.
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))

from database import Database, NoDatabase  # noqa: E402
from seat import FIRST_ACCOUNT, as_account  # noqa: E402

from coursekit.classroom.releasing import make  # noqa: E402
from coursekit.course import Course  # noqa: E402
from coursekit.model import Unreadable  # noqa: E402
from coursekit.service.workshop import read_workshop  # noqa: E402

PORTS = {
    "HUB_PORT": 8000,
    "HUB_PROXY_PORT": 8001,
    "HUB_API_PORT": 8081,
    "HUB_GRADER_PORT": 8003,
    "HUB_DATABASE_PORT": 8432,
}
PROXY = Path(sys.prefix) / "proxy" / "node_modules" / ".bin" / "configurable-http-proxy"
STARTS, ENDS = 120, 90  # seconds
MOST_STARTS = 20
CLOSED = ("solutions", ".git")


class Trouble(Exception):
    """The workshop cannot be started. The message says why and what to do."""


def say(*words):
    """Tell whoever started this."""
    print(*words, flush=True)


# What is needed ------------------------------------------------------------------------------------------------------


def secrets_of(private):
    """Passwords and the like, made the first time and kept in a file for the owner alone."""
    path = private / "secrets.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    for name in ("owner", "hub", "attempts", "proxy"):
        known.setdefault(name, secrets.token_hex(32))
    known.setdefault("sign-in", f"try-{secrets.token_hex(3)}")
    path.touch(mode=0o600)
    path.write_text(json.dumps(known))
    return known


def closed_to_others(*roots):
    """Close the keys to the accounts that learners' servers run under. Git keeps no such permissions."""
    done = []
    for folder in (root / name for root in roots for name in CLOSED):
        if folder.is_dir() and folder.stat().st_mode & 0o007:
            folder.chmod(folder.stat().st_mode & 0o770)
            done.append(str(folder))
    return done


def released(place, course, workshop):
    """Make the sealed release in `place` anew if anything of it changed; what was made."""
    fresh = place.with_name("release.new")
    for leftover in (fresh, place.with_name("release.old")):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh.with_name("release.new.zip").unlink(missing_ok=True)
    made = make(fresh, course, workshop.release, workshop.notebooks, workshop.exercises)
    made.zip.unlink()
    if place.exists() and Course(place).release.id == made.release.id:
        shutil.rmtree(fresh)
    else:
        if place.exists():
            place.rename(place.with_name("release.old"))
        fresh.rename(place)
        shutil.rmtree(place.with_name("release.old"), ignore_errors=True)
    return made


def try_seat(release):
    """See that a learner's server could run, and that it could not read the keys. Raises `Trouble`."""
    look = (
        "import sys, os, coursekit.desk as d; desk = d.Desk(sys.argv[1]); desk.first_view(next(iter(desk.course.names)));"
        "print(*[one for one in sys.argv[2:] if os.access(one, os.R_OK)])"
    )
    closed = [str(ROOT / name) for name in CLOSED if (ROOT / name).exists()] + [
        os.environ["COURSEKIT_KEYS"] + "/solutions"
    ]
    try:
        done = subprocess.run(
            [sys.executable, "-B", "-c", look, str(release), *closed],
            preexec_fn=as_account(FIRST_ACCOUNT),
            cwd="/",
            env={"PATH": os.environ["PATH"], "HOME": "/"},
            capture_output=True,
            text=True,
        )
    except PermissionError:
        python = Path(sys.executable).resolve()
        raise Trouble(
            f"Learners' servers run under accounts of their own, and these cannot run {python}.\nTake a Python that every "
            f"account may run: rm -r {sys.prefix}; make hub HUB_PYTHON=/usr/bin/python3"
        ) from None
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        raise Trouble(
            f"Learners' servers run under accounts of their own, and these cannot read what they need in {ROOT}: {last}\n"
            "Put the course's folder where every account may look, such as /opt or /srv, and start again there."
        )
    if done.stdout.strip():
        raise Trouble(
            f"Learners could read {done.stdout.strip()}. Close it to other accounts (chmod o-rwx), then start again."
        )


# Running -------------------------------------------------------------------------------------------------------------


def environment(folder, known, workshop):
    """What the hub's configuration and the service read."""
    told = {name: os.environ.get(name, str(port)) for name, port in PORTS.items()}
    return told | {
        "HUB_BIND": os.environ.get("HUB_BIND", f"http://127.0.0.1:{told['HUB_PORT']}"),
        "HUB_PROXY": str(PROXY),
        "HUB_PROXY_SECRET": known["proxy"],
        "HUB_PRIVATE": str(folder / "private"),
        "HUB_HOMES": str(folder / "homes"),
        "HUB_PASSWORD": os.environ.get("HUB_PASSWORD", known["sign-in"]),
        "HUB_INSTRUCTORS": " ".join(workshop.instructors),
        "COURSEKIT_RELEASE": str(folder / "release"),
    }


class Running:
    """A part of the workshop that is started again when it ends by itself."""

    def __init__(self, name, command, log, private, more=None):
        self.name, self._command, self.log, self._private = name, command, log, private
        self._environment, self._starts, self.process = os.environ | (more or {}), 0, None
        self.start()

    def start(self):
        """Start it."""
        self._starts += 1
        with self.log.open("ab") as out:
            # A session of its own: Ctrl+C is for us, and each part is ended by us, in order.
            self.process = subprocess.Popen(
                self._command,
                cwd=self._private,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def look(self):
        """Start it again if it has ended. Raises `Trouble` when that came too often."""
        code = self.process.poll()
        if code is None:
            return
        if self._starts == MOST_STARTS:
            raise Trouble(f"The {self.name} ended by itself {MOST_STARTS} times. Its log says why: {self.log}")
        say(f"The {self.name} ended by itself with status {code} and is started again. Its log: {self.log}")
        self.start()

    def end(self):
        """End it."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(ENDS)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


def proxy(told, log, private):
    """The proxy in front of everything: beside the hub, so that learners' pages go on while the hub starts again."""
    place = urlsplit(told["HUB_BIND"])
    command = [
        told["HUB_PROXY"], "--ip", place.hostname or "127.0.0.1", "--port", str(place.port or 80), "--api-ip", "127.0.0.1",
        "--api-port", told["HUB_PROXY_PORT"], "--error-target", f"http://127.0.0.1:{told['HUB_API_PORT']}/hub/error",
        "--log-level", "warn",
    ]  # fmt: skip
    return Running("proxy", command, log, private, {"CONFIGPROXY_AUTH_TOKEN": told["HUB_PROXY_SECRET"]})


def wait_until_up(url, hub):
    """Wait until the hub answers at its address in a browser. Raises `Trouble`."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + STARTS
    while time.monotonic() < end and hub.poll() is None:
        try:
            direct.open(f"{url}/hub/health", timeout=2).read()
            return
        except OSError:
            time.sleep(0.2)
    raise Trouble("The hub did not start. Its log says why.")


def main():
    """Run until Ctrl+C; the exit status."""
    folder = Path(os.environ.get("HUB_FOLDER", ROOT / ".hub")).resolve()
    private, database, running, code = folder / "private", None, [], 0
    # From here on a signal is an exception, so that whatever runs is ended in order.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    # What learners read must be readable; what they must not lies in folders that are closed.
    os.umask(0o022)
    try:
        if not PROXY.exists():
            raise Trouble(f"The hub's proxy is not installed in {PROXY.parents[2]}. Run: make hub")
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)
        for name, mode in (("private", 0o700), ("homes", 0o711)):
            (folder / name).mkdir(exist_ok=True)
            (folder / name).chmod(mode)
        settings = Path(os.environ.get("COURSEKIT_WORKSHOP", HERE / "workshop.yaml")).resolve()
        workshop = read_workshop(settings)
        course = Course(Path(os.environ.get("COURSEKIT_KEYS", ROOT)).resolve())
        if sign_in := os.environ.get("HUB_SIGN_IN"):
            # The hub runs in a folder of its own.
            os.environ["HUB_SIGN_IN"] = str(Path(sign_in).resolve(strict=True))
        known = secrets_of(private)
        told = environment(folder, known, workshop)
        os.environ.update(told, COURSEKIT_KEYS=str(course.root), COURSEKIT_WORKSHOP=str(settings))
        made = released(folder / "release", course, workshop)
        say(f"Release {made.release.id}: {len(made.exercises)} exercises, without their solutions.")
        if made.public:
            say(
                "Note: solutions of these exercises are public. For a graded test name a course of your own: see docs/workshop.md."
            )
        if os.geteuid() == 0:
            for path in closed_to_others(ROOT, course.root):
                say(f"Closed to other accounts: {path}")
            try_seat(folder / "release")
        else:
            say(
                "Note: you are not root, so learners' servers run as you and could read the solutions. This is for trying."
            )
        if not (os.environ.get("HUB_DATABASE") and os.environ.get("COURSEKIT_ATTEMPTS")):
            database = Database(folder / "postgres", told["HUB_DATABASE_PORT"], known["owner"])
            database.start()
            urls = database.with_databases({"hub": known["hub"], "attempts": known["attempts"]})
            os.environ["HUB_DATABASE"] = urls["hub"].replace("postgresql:", "postgresql+psycopg:", 1)
            os.environ["COURSEKIT_ATTEMPTS"] = urls["attempts"]
        log = private / "hub.log"
        running.append(proxy(told, private / "proxy.log", private))
        command = [sys.executable, "-m", "jupyterhub", "-f", str(HERE / "jupyterhub_config.py")]
        running.append(Running("hub", command, log, private))
        wait_until_up(told["HUB_BIND"].replace("0.0.0.0", "127.0.0.1"), running[-1].process)
        say(f"\nThe workshop is at {told['HUB_BIND']}")
        if not os.environ.get("HUB_SIGN_IN"):
            teachers = ", ".join(workshop.instructors) or "nobody yet"
            say(f"Sign in with any name and the password {told['HUB_PASSWORD']}. Instructors: {teachers}.")
        say(f"The class report: {told['HUB_BIND']}/services/grader/   The log: {log}   End it here with Ctrl+C.")
        while True:
            time.sleep(0.5)
            for one in running:
                one.look()
    except KeyboardInterrupt:
        say("\nEnding: the hub first, the database last.")
    except (Trouble, NoDatabase, Unreadable, OSError) as error:
        code = 2
        print(error, file=sys.stderr)
        if running and running[-1].process.poll() is not None:
            print(running[-1].log.read_text("utf-8", "replace")[-2000:], file=sys.stderr)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for one in reversed(running):
            one.end()
        if database is not None:
            database.stop()
    return code


if __name__ == "__main__":
    sys.exit(main())
