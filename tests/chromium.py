"""Finds a Chromium for the browser tests, and installs one where none is there."""

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = ("Chromium", "Google Chrome")
WINDOWS = ("Chromium", "Google/Chrome")

# No sandbox, as root in a container has none; no talk with its makers.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

HOW_TO_GET_ONE = """\
Get one in any of these ways, then run the tests again:
  Debian, Ubuntu   apt-get install chromium fonts-dejavu-core
  anywhere         python -m playwright install chromium
  already there    COURSEKIT_CHROMIUM=/path/to/chromium"""

PLAYWRIGHTS_PATH = """\
from playwright.sync_api import sync_playwright
with sync_playwright() as p:
    print(p.chromium.executable_path)"""


@functools.cache
def find():
    """Returns the path of a Chromium that starts, or None where none can be had.

    COURSEKIT_CHROMIUM is taken at its word. Else the first that starts of: the system's, Playwright's own download,
    Debian's package. The last two are installed if need be, so the first call may take minutes.
    """
    named = os.environ.get("COURSEKIT_CHROMIUM")
    return named or next((str(path) for way in WAYS for path in way() if starts(path)), None)


def of_the_system():
    """Yields what is on PATH and in the usual places of macOS and Windows."""
    yield from filter(None, map(shutil.which, NAMES))
    for folder in (Path("/Applications"), Path.home() / "Applications"):
        yield from (folder / f"{name}.app" / "Contents" / "MacOS" / name for name in MAC)
    for folder in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
        if folder in os.environ:
            yield from (Path(os.environ[folder]) / name / "Application" / "chrome.exe" for name in WINDOWS)


def of_playwright():
    """Yields Playwright's own Chromium: as it is, then after one try to download it."""
    path = output(sys.executable, "-c", PLAYWRIGHTS_PATH)
    if path:
        yield path
        output(sys.executable, "-m", "playwright", "install", "chromium")
        yield path


def of_debian():
    """Yields Debian's package, installed where this user may install."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        output("apt-get", "update")
        output("apt-get", "install", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core")
        yield from filter(None, [shutil.which("chromium")])


WAYS = (of_the_system, of_playwright, of_debian)


def starts(path):
    """Whether the file is there and runs: a download may lack system libraries. On Windows being there must do."""
    return Path(path).is_file() and (os.name == "nt" or output(path, "--version") is not None)


def output(*command):
    """Returns what a command prints, or None where it fails, is missing, or takes more than five minutes."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
