"""One JupyterLab and one Chromium for all browser tests, and a small course with one exercise for each form."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")

from labpage import HERE, REPO, Notebook, notebook, shown  # noqa: E402, F401
from playwright.sync_api import expect  # noqa: E402

expect.set_options(timeout=15_000)

NO_NEWS = '{"fetchNews": "false", "checkForUpdates": false}'


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def place(tmp_path_factory):
    """The folder that JupyterLab shows: the small course in `small`, and the real one in `real`."""
    root = tmp_path_factory.mktemp("lab")
    shutil.copytree(HERE / "course", root / "small")
    for tree in ("exercises", "solutions", "notebooks"):
        shutil.copytree(REPO / tree, root / "real" / tree)
    return root


@pytest.fixture(scope="session")
def lab(place):
    """The address of a JupyterLab whose kernels keep attempts in a store of their own."""
    own = place / ".jupyter"
    settings = own / "config/lab/user-settings/@jupyterlab/apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(NO_NEWS, encoding="utf-8")
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(own / "config"),
        "JUPYTER_DATA_DIR": str(own / "data"),
        "JUPYTER_RUNTIME_DIR": str(own / "runtime"),
        "IPYTHONDIR": str(own / "ipython"),
        "XDG_DATA_HOME": str(own / "home"),
        "COURSEKIT_STORE": f"sqlite:///{(own / 'attempts.db').as_posix()}",
        "COURSEKIT_LEARNER": "Kim",
    }
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=",
        f"--ServerApp.root_dir={place}", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.expose_app_in_browser=True",
        # Should the tests be killed, the server ends by itself.
        "--ServerApp.shutdown_no_activity_timeout=300", "--MappingKernelManager.cull_idle_timeout=240",
        "--MappingKernelManager.cull_interval=60",
    ]  # fmt: skip
    with (place / "lab.log").open("w", encoding="utf-8") as log:
        server = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, env=environment, start_new_session=True
        )
        address = f"http://127.0.0.1:{port}"
        try:
            wait_for(f"{address}/api/status", server, place / "lab.log")
            yield address
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)


def wait_for(url, server, log):
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + 120
    while time.monotonic() < end and server.poll() is None:
        try:
            direct.open(url, timeout=2).read()
            return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8')[-3000:]}")


@pytest.fixture(scope="session")
def context(browser, lab):
    """A browser window that refuses every other host and remembers who was asked for."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(20_000)
    context.elsewhere = []

    def refuse(route):
        context.elsewhere.append(route.request.url)
        route.abort()

    context.route(lambda url: not url.startswith((lab, "data:", "blob:")), refuse)
    yield context
    context.close()


@pytest.fixture
def page(context):
    page = context.new_page()
    page.failures = []
    page.on("pageerror", lambda error: page.failures.append(str(error)))
    yield page
    page.close()


@pytest.fixture
def shots():
    """The folder that screenshots are kept in."""
    folder = Path(os.environ.get("COURSEKIT_SHOTS") or HERE / "shots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def open_notebook(page, lab, place):
    """Makes a notebook of these cells in the small course, or takes one that is there, and opens it in JupyterLab."""

    def open_it(path, *sources):
        if sources:
            file = place / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(notebook(*sources), encoding="utf-8")
        return Notebook(page, lab, path)

    return open_it
