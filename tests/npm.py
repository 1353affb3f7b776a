"""Brings pinned packages from npm for tests that read our files with somebody else's reader."""

import base64
import functools
import hashlib
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import platformdirs
import pytest

# Readers that only tests use: nothing of them is handed out. The hash is npm's own.
PINNED = {
    # Reads GIFT, by the grammar that editors of Moodle questions use.
    "gift-pegjs": ("1.0.2", "sha512-S/A2wBDdia2QWKpB5FtASx1gguep1wg5If5glDWJgUMiABICJT7ogArGfsdgozevhBdbdOiHhrykJP86hbgvRw=="),
    # Plays and marks QTI items in a browser.
    "@citolab/qti-components": (
        "7.27.4", "sha512-COZA7KvOVm+ZDj144jmHGSsk/fBZWh6ygkZ/Ts6uvPeSP13J1xDMnaWvGPQESFrVw/JX5eAFAz+OqA35wHNbgg==",
    ),
}  # fmt: skip
KEPT = Path(platformdirs.user_cache_dir("coursekit-tests"))


@functools.cache
def package(name):
    """Returns the folder of a package, unpacked; where npm brings none, skips the test, or fails it in CI."""
    version, integrity = PINNED[name]
    folder = KEPT / f"{name.replace('/', '-').lstrip('@')}-{version}"
    if not folder.is_dir():
        KEPT.mkdir(parents=True, exist_ok=True)
        archive = _packed(name, version)
        found = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        assert found == integrity, f"{name} {version} from npm is not the pinned one"
        with tarfile.open(archive) as tar:
            tar.extractall(folder.with_suffix(".new"), filter="data")
        folder.with_suffix(".new").rename(folder)
        archive.unlink()
    return folder / "package"


def _packed(name, version):
    npm = shutil.which("npm")
    try:
        run = subprocess.run(
            [npm or "npm", "pack", "--silent", f"{name}@{version}"],
            cwd=KEPT,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return KEPT / run.stdout.split()[-1]
    except (OSError, IndexError, subprocess.TimeoutExpired) as error:
        why = f"npm did not bring {name} {version} ({error}); it needs Node.js with npm, and a network the first time"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(why)
