"""Real kernels: what a form acknowledged is kept, however the kernel ends, and two kernels share one record."""

import random
import re
import time
from pathlib import Path
from queue import Empty

import pytest
from jupyter_client.manager import start_new_kernel

from coursekit.store import Store

ROOT = Path(__file__).parents[1]

# The widget answers as it does in JupyterLab: the state it sends back is what a learner sees.
ANSWERING = """
from coursekit import exercise
form = exercise("neck_after_lumbar")
units = 0
while True:
    units += 1
    form._heard(form, {"kind": "submit", "answer": f"98940 x1, 97124 x{units % 90 + 1}", "turn": str(units)}, [])
    if form.state["reply"]["status"] == "graded" and not form.state["reply"]["trouble"]:
        print(f"tries {form.state['tries']}", flush=True)
"""


@pytest.fixture
def url(monkeypatch, tmp_path):
    url = f"sqlite:///{(tmp_path / 'kernels.db').as_posix()}"
    monkeypatch.setenv("COURSEKIT_STORE", url)
    return url


def acknowledged(client, seconds):
    """The highest number of tries that the kernel said before `seconds` had passed since its first answer."""
    said, end = [], None
    while end is None or time.monotonic() < end:
        try:
            message = client.get_iopub_msg(timeout=20 if end is None else 0.02)
        except Empty:
            assert end is not None, "the kernel gave no answer"
            continue
        found = re.findall(r"tries (\d+)", message["content"].get("text", ""))
        said += map(int, found)
        if found and end is None:
            end = time.monotonic() + seconds
    return max(said)


def test_a_kernel_that_is_killed_loses_no_answer_that_was_shown(url, monkeypatch):
    chance = random.Random(97124)
    for n in range(6):
        monkeypatch.setenv("COURSEKIT_LEARNER", f"learner {n}")
        manager, client = start_new_kernel(cwd=str(ROOT / "notebooks"))
        try:
            client.execute(ANSWERING)
            shown = acknowledged(client, chance.uniform(0, 0.3))
        finally:
            manager.shutdown_kernel(now=True)  # sends SIGKILL
            client.stop_channels()
        kept = Store(url).attempts(f"learner {n}")
        assert len(kept) >= shown
        assert len({one.id for one in kept}) == len(kept)


def test_two_kernels_that_answer_at_once_lose_nothing(url, monkeypatch):
    monkeypatch.setenv("COURSEKIT_LEARNER", "both")
    code = """
from coursekit.desk import submit
done = [submit("neck_after_lumbar", "complete", f"98940 x1, 97124 x{n + 1}").shown["trouble"] for n in range(40)]
print("troubles", sum(map(bool, done)))
"""
    kernels = [start_new_kernel(cwd=str(ROOT / "notebooks")) for _ in range(2)]
    try:
        asked = [client.execute(code) for _, client in kernels]
        for (_, client), id in zip(kernels, asked, strict=True):
            reply = client.get_shell_msg(timeout=60)
            while reply["parent_header"].get("msg_id") != id:
                reply = client.get_shell_msg(timeout=60)
            assert reply["content"]["status"] == "ok"
    finally:
        for manager, client in kernels:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
    assert len(Store(url).attempts("both")) == 80
