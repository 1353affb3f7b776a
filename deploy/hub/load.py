"""How many answers a second the grading service takes: learners over HTTP, a database that commits to disk.

Learners are simulated: each has a token and sends an answer at times of its own (an open loop, so that a slow reply holds
nobody back and waiting is counted). The hub is a stand-in. Loopback only, bounded in time. `make bench-hub` runs it.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))

from database import Database  # noqa: E402
from standin import StandIn  # noqa: E402

from coursekit.classroom.releasing import make  # noqa: E402
from coursekit.course import Course  # noqa: E402
from coursekit.engine import grade  # noqa: E402
from coursekit.model import Unreadable  # noqa: E402
from coursekit.terms import SEALED, Release  # noqa: E402

LEARNERS, SECONDS, WARM = 500, 8, 3
RATES = (25, 50, 100, 150, 200, 250, 300, 400, 500, 650, 800, 1000)
GOAL = 0.3  # seconds within which 95 of 100 replies come
SERVICE, DATABASE = 18_003, 18_432


def answers(course):
    """An answer to each question of the course: mostly wrong ones, as first tries are."""
    made = []
    for exercise in course.exercises():
        for form, ask in exercise.forms.items():
            if form == "complete":
                lines = [f"{line['code'] or '97140'} x{line['units'] or 1}" for line in ask["lines"]]
                made.append((exercise, form, ", ".join(lines)))
            elif form == "choose":
                made.append((exercise, form, random.choice(list(ask["options"]))))
            elif form == "select":
                made.append((exercise, form, " ".join(random.sample(list(ask["options"]), 2))))
            elif form == "number":
                made.append((exercise, form, "2"))
    return [one for one in made if can_be_graded(course, *one)]


def can_be_graded(course, exercise, form, answer):
    """Whether an answer is one: some questions offer fewer codes or options than are guessed here."""
    try:
        grade(exercise, course.solution(exercise.name), form, answer)
        return True
    except Unreadable:
        return False


class Link:
    """Connections that are used again, as kernels behind a proxy share them."""

    def __init__(self):
        self._free = []

    async def post(self, token, body):
        """The status of the reply to an answer."""
        reader, writer = self._free.pop() if self._free else await asyncio.open_connection("127.0.0.1", SERVICE)
        head = f"POST /services/grader/attempts HTTP/1.1\r\nHost: x\r\nAuthorization: token {token}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        said = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[16:]) for line in said.split(b"\r\n") if line.lower().startswith(b"content-length: "))
        await reader.readexactly(length)
        self._free.append((reader, writer))
        return int(said[9:12])


async def step(rate, seconds, tokens, asked):
    """Send `rate` answers a second at random moments; the times of the replies, and how many were not kept."""
    link, times, bad, loop = Link(), [], [], asyncio.get_running_loop()

    async def one(at):
        exercise, form, answer = random.choice(asked)
        sent = {
            "id": uuid.uuid4().hex,
            "exercise": exercise.name,
            "fingerprint": exercise.fingerprint,
            "form": form,
            "answer": answer,
        }
        body = json.dumps(sent).encode()
        await asyncio.sleep(at - loop.time())
        try:
            status = await asyncio.wait_for(link.post(random.choice(tokens), body), 20)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            status = 0
        # From when it should have been sent: a generator that is late must not flatter the service.
        times.append(loop.time() - at)
        if status != 201:
            bad.append(status)

    begin = loop.time() + 0.2
    await asyncio.gather(*(one(begin + random.uniform(0, seconds)) for _ in range(int(rate * seconds))))
    return sorted(times), bad


def percentile(times, share):
    """The time within which this share of the replies came, in milliseconds."""
    return 1000 * times[min(len(times) - 1, int(share * len(times)))]


def memory(number):
    """The memory of a process, in MiB."""
    text = Path(f"/proc/{number}/smaps_rollup").read_text()
    return int(text.split("Pss:", 1)[1].split()[0]) / 1024


def main():
    """Raise the rate step by step until replies come too late; the exit status."""
    random.seed(7)
    with tempfile.TemporaryDirectory(prefix="coursekit-load-") as name:
        place, hub = Path(name), StandIn()
        place.chmod(0o755)
        course = Course(Path(os.environ.get("COURSEKIT_KEYS", ROOT)))
        make(place / "release", course, Release(kind=SEALED), (), ())
        (place / "workshop.yaml").write_text("feedback: at once\n")
        database = Database(place / "postgres", DATABASE, "only-for-this-measurement")
        database.start()
        url = database.with_databases({"attempts": "only-for-this-measurement"})["attempts"]
        tokens = [hub.add(f"token-of-learner-{n}", f"learner{n}") for n in range(LEARNERS)]
        environment = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ} | {
            "PYTHONPATH": str(ROOT), "COURSEKIT_RELEASE": str(place / "release"), "COURSEKIT_KEYS": str(course.root),
            "COURSEKIT_ATTEMPTS": url, "COURSEKIT_WORKSHOP": str(place / "workshop.yaml"), "COURSEKIT_BURST": "100000",
            "JUPYTERHUB_API_URL": hub.url, "JUPYTERHUB_API_TOKEN": "of-the-service", "JUPYTERHUB_SERVICE_NAME": "grader",
            "JUPYTERHUB_CLIENT_ID": "service-grader", "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{SERVICE}",
            "JUPYTERHUB_OAUTH_ACCESS_SCOPES": '["access:services!service=grader"]',
        }  # fmt: skip
        began = time.monotonic()
        log = (place / "service.log").open("wb")
        service = subprocess.Popen(
            [sys.executable, "-m", "coursekit.service"], env=environment, stdout=log, stderr=log, cwd=name
        )
        try:
            while time.monotonic() - began < 60:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{SERVICE}/services/grader/health", timeout=5).read()
                    break
                except OSError:
                    time.sleep(0.05)
            print(
                f"service up in {time.monotonic() - began:.1f} s, {memory(service.pid):.0f} MiB; load of the machine {os.getloadavg()[0]:.1f}"
            )
            asked = answers(course)
            asyncio.run(step(RATES[0], WARM, tokens, asked))
            best = 0
            print(
                f"{LEARNERS} learners, {len(asked)} questions, {SECONDS} s a step\n{'a second':>9} {'p50 ms':>7} {'p95 ms':>7} {'p99 ms':>7}  not kept"
            )
            for rate in RATES:
                times, bad = asyncio.run(step(rate, SECONDS, tokens, asked))
                p95 = percentile(times, 0.95)
                print(
                    f"{rate:>9} {percentile(times, 0.5):>7.0f} {p95:>7.0f} {percentile(times, 0.99):>7.0f}  {len(bad)} {sorted(set(bad)) or ''}",
                    flush=True,
                )
                if bad or p95 > 1000 * GOAL:
                    break
                best = rate
            print(
                f"p95 under {1000 * GOAL:.0f} ms up to {best} answers a second; service {memory(service.pid):.0f} MiB"
            )
        finally:
            service.terminate()
            service.wait(20)
            database.stop()
            hub.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
