"""Keeps every test, and every notebook under nbval, away from the record and the settings of whoever runs them."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

SCRATCH = Path(tempfile.mkdtemp(prefix="coursekit-tests-"))

# Set here and not in a fixture: notebook kernels and Jupyter servers inherit it, and modules may read it on import.
os.environ.update(
    COURSEKIT_LEARNER="test-learner",
    XDG_DATA_HOME=str(SCRATCH / "data"),
    JUPYTER_CONFIG_DIR=str(SCRATCH / "jupyter-config"),
    JUPYTER_DATA_DIR=str(SCRATCH / "jupyter-data"),
    JUPYTER_RUNTIME_DIR=str(SCRATCH / "jupyter-runtime"),
    IPYTHONDIR=str(SCRATCH / "ipython"),
)
for name in ("COURSEKIT_COURSE", "JUPYTERHUB_USER", "JUPYTER_PATH", "JUPYTER_CONFIG_PATH"):
    os.environ.pop(name, None)


def use_store(name):
    """Makes the store called `name` in the scratch folder the one that attempts go to."""
    os.environ["COURSEKIT_STORE"] = f"sqlite:///{(SCRATCH / name).as_posix()}.db"


use_store("collection")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Gives each test file, and each notebook, an empty store of its own."""
    use_store(item.nodeid.split("::")[0].replace("/", "-"))


def pytest_unconfigure():
    """Removes the scratch folder."""
    shutil.rmtree(SCRATCH, ignore_errors=True)
