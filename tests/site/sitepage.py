"""The site on a plain web server, and a notebook on it as a learner opens and runs it."""

import functools
import http.server
import threading
from pathlib import Path

from inpage import CELLS

REPO = Path(__file__).parents[2]
_TOPICS = [path.name for path in sorted((REPO / "exercises").iterdir()) if path.is_dir()]
BOOKS = [f"{name}.ipynb" for name in (*_TOPICS, "statements", "my_answers")]

SAVE = """async ([path, cells]) => {
  const content = { nbformat: 4, nbformat_minor: 5, metadata: { kernelspec: { name: "python", display_name: "Python", language: "python" } },
    cells: cells.map((source, n) => ({ cell_type: "code", id: `cell-${n}`, metadata: {}, source, outputs: [], execution_count: null })) };
  await window.jupyterapp.serviceManager.contents.save(path, { type: "notebook", format: "json", content });
}"""

BESIDE = """async (path) => {
  const { commands, shell } = window.jupyterapp;
  const last = shell.currentWidget;
  await last.sessionContext.ready;
  const { id } = last.sessionContext.session.kernel;
  const next = await commands.execute("docmanager:open", { path, kernel: { id } });
  await next.context.ready;
  await next.sessionContext.ready;
  // Forms of notebooks that nobody looks at would be drawn and kept up to date all the same.
  if (last !== next) last.dispose();
}"""

READY = """async () => {
  const { sessionContext } = window.jupyterapp.shell.currentWidget;
  await sessionContext.ready;
  await sessionContext.session.kernel.info;
}"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """What `python -m http.server` does, without a line for each file; `instead` holds other content for some paths."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        data = self.server.instead.get(self.path.partition("?")[0])
        if data is None:
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


# Chromium asks its maker about every form that has a text field.
BROWSERS_OWN = "content-autofill.googleapis.com"


class Refusing(http.server.BaseHTTPRequestHandler):
    """A proxy that lets nothing through and remembers what was asked for."""

    def refuse(self):
        if not self.path.startswith(BROWSERS_OWN):
            self.server.asked.append(self.path)
        self.send_error(403)

    do_CONNECT = do_GET = do_POST = do_HEAD = do_PUT = do_OPTIONS = refuse

    def log_message(self, *_):
        pass


def _started(handler, **more):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    vars(server).update(more)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.address = f"http://127.0.0.1:{server.server_port}"
    return server


def serving(folder):
    """A web server for this folder, at a free port."""
    return _started(functools.partial(Quiet, directory=str(folder)), instead={})


PROXY = _started(Refusing, asked=[])


# A page's routes would not see what its workers ask; a proxy does.
WINDOW = {"viewport": {"width": 1280, "height": 1000}, "proxy": {"server": PROXY.address, "bypass": "127.0.0.1"}}


def window(browser, **options):
    """A private browser window with a memory of its own, which gets to this computer and nowhere else."""
    context = browser.new_context(**WINDOW | options)
    context.set_default_timeout(60_000)
    return context


def ordinary_window(chromium, folder, **options):
    """The window of a browser that remembers in this folder, as a learner's own does; it gets no further."""
    context = chromium.launch_persistent_context(folder, **WINDOW | options)
    context.set_default_timeout(60_000)
    return context


class SitePage:
    """A notebook open in a page of its own, with what a learner does to it."""

    def __init__(self, page, address, path, sources=(), app="notebooks"):
        self.page, self.address, self.path, self.app = page, address, path, app
        page.failures = []
        page.on("pageerror", lambda error: page.failures.append(str(error)))
        if sources:
            page.goto(f"{address}/tree/index.html")
            page.wait_for_function("window.jupyterapp && window.jupyterapp.serviceManager.isReady")
            page.evaluate(SAVE, [path, list(sources)])
        self.open()

    def open(self):
        """Open it, or open it again."""
        self.page.goto(f"{self.address}/{self.app}/index.html?path={self.path}")
        self.page.wait_for_selector(".jp-Notebook .jp-Cell")

    def open_beside(self, path):
        """Open another notebook in the same page and on the same kernel, as starting one takes longest."""
        self.page.evaluate(BESIDE, path)

    def run_all(self):
        """Run all cells to the end, and give back what went wrong."""
        self.page.evaluate(READY)
        self.command("notebook:run-all-cells")
        return self.ended()

    def ended(self):
        self.page.wait_for_function(f"() => !({CELLS})().open", timeout=300_000, polling=200)
        return self.page.evaluate(CELLS)["errors"]

    def command(self, name, **arguments):
        self.page.evaluate("([name, args]) => window.jupyterapp.commands.execute(name, args)", [name, arguments])

    def show(self, cell):
        """Bring a cell into view: what is out of it is not in the page."""
        self.page.evaluate("(n) => window.jupyterapp.shell.currentWidget.content.scrollToItem(n, 'start')", cell)

    def form(self, title):
        return self.page.locator(".ck-card").filter(has=self.page.get_by_role("heading", name=title, exact=True))
