"""What a learner installs is what pyproject.toml says, in every file that says it."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

REPO = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]
# What a learner installs, and what tests and large classes need beside.
PINS = {name: (REPO / name).read_text(encoding="utf-8") for name in ("requirements.txt", "requirements-test.txt")}

needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def bounds(lines):
    """Names and bounds of requirement lines, written the PyPI or the conda way."""
    found = [Requirement(line.replace(" ", "")) for line in lines]
    return {canonicalize_name(each.name): each.specifier for each in found}


def pins(name):
    """The pinned requirements of a file, each as (requirement, number of its hashes)."""
    entries = PINS[name].replace("\\\n", " ").strip().splitlines()
    return [(Requirement(entry.split(" --hash")[0]), entry.count("--hash=sha256:")) for entry in entries]


LEARNERS = PROJECT["dependencies"] + PYPROJECT["dependency-groups"]["setup"] + PYPROJECT["build-system"]["requires"]
TESTERS = [line for line in EXTRAS["test"] if not line.startswith("coursekit[")] + EXTRAS["classroom"]
WANTED = [("requirements.txt", name) for name in bounds(LEARNERS)]
WANTED += [("requirements-test.txt", name) for name in bounds(TESTERS)]


# environment.yml


def conda():
    return yaml.safe_load((REPO / "environment.yml").read_text(encoding="utf-8"))["dependencies"]


def test_conda_lines_are_specs_that_conda_reads():
    rattler = pytest.importorskip("rattler")
    for line in conda():
        if isinstance(line, str):
            rattler.MatchSpec(line)


def test_conda_asks_for_the_names_and_bounds_of_pyproject():
    found = bounds(line for line in conda() if isinstance(line, str) and line != "pip")
    assert found.pop("python") == SpecifierSet(PROJECT["requires-python"])
    assert found == bounds(PROJECT["dependencies"])


def test_conda_takes_the_package_itself_from_this_folder():
    assert conda()[-1] == {"pip": ["-e ."]}


# requirements.txt


def test_pins_name_no_host_and_no_option_but_hashes():
    for text in PINS.values():
        assert re.findall(r"https?:|://|@ |--(?!hash=sha256:)\S+", text) == []


@pytest.mark.parametrize("name", PINS)
def test_every_pin_is_one_exact_version_with_its_hash(name):
    for pin, hashes in pins(name):
        assert re.fullmatch(r"==[^*,]+", str(pin.specifier)), pin
        assert hashes >= 1, pin


@pytest.mark.parametrize(("file", "name"), WANTED)
def test_pins_lie_within_the_bounds_of_pyproject(file, name):
    found = [pin for pin, _ in pins(file) if canonicalize_name(pin.name) == name]
    assert found, f"{name} has no pin; run: make pins"
    for pin in found:
        version = str(pin.specifier).removeprefix("==")
        assert bounds(LEARNERS + TESTERS)[name].contains(version), f"{pin}; run: make pins"


def test_what_tests_need_beside_is_no_part_of_what_a_learner_installs():
    learners, testers = ({f"{pin.name}{pin.specifier}" for pin, _ in pins(name)} for name in PINS)
    names = {Requirement(pin).name for pin in learners}
    assert names.isdisjoint({"pytest", "playwright", "scipy", "polars", "duckdb", "pyarrow", "distributed", "psycopg"})
    both = {pin for pin in testers if Requirement(pin).name in names}
    assert both <= learners, "one version of each for both"


# The Makefile

FAKE = """#!/bin/sh
exec '{python}' -c '
import sys
{lie}
exec(sys.argv[1])' "$2"
"""


def make(folder, *goals, **environment):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    run = subprocess.run(["make", *goals], cwd=folder, env=clean | environment, capture_output=True, text=True)
    return run.returncode, run.stdout, run.stderr


@pytest.fixture
def clone(tmp_path):
    """A folder with what the Makefile reads."""
    for name in ("Makefile", "pyproject.toml", "requirements.txt", "jupyter-config/coursekit.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(REPO / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def fake(clone):
    """Puts a `python3` before all others on PATH, which tells one lie about itself."""

    def put(lie):
        path = clone / "bin" / "python3"
        path.parent.mkdir()
        path.write_text(FAKE.format(python=sys.executable, lie=lie))
        path.chmod(0o755)
        return f"{path.parent}{os.pathsep}{os.environ['PATH']}"

    return put


@needs_make
def test_an_old_python_is_refused_in_one_line(clone, fake):
    path = fake("sys.version_info = (3, 10, 12, str(), 0)")
    status, out, err = make(clone, "lab", PATH=path)
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert "python3 is Python 3.10, and the course needs 3.11 or newer." in err
    assert "run: make lab PYTHON=/path/to/that/python3" in err
    assert not (clone / ".venv").exists()


@needs_make
def test_the_oldest_python_that_will_do_is_taken(clone, fake):
    path = fake("sys.version_info = (3, 11, 0, str(), 0)")
    status, out, _ = make(clone, "--dry-run", "lab", PATH=path)
    assert status == 0
    assert "python3 -m venv" in out


@needs_make
def test_a_python_without_venv_is_refused_in_one_line(clone, fake):
    path = fake("sys.modules.update(ensurepip=None)")
    status, out, err = make(clone, "test", PATH=path)
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert "python3 has no venv module" in err
    assert "Run: apt install python3-venv (Debian, Ubuntu)" in err
    assert not (clone / ".venv").exists()


@needs_make
def test_no_python_at_all_is_told_in_one_line(clone):
    status, out, err = make(clone, "lab", "PYTHON=no-such-python")
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert "no-such-python does not run, and the course needs Python 3.11 or newer." in err


@needs_make
def test_an_install_is_done_once_brought_up_to_date_when_pins_change_and_made_anew_when_moved(clone):
    (clone / ".venv/bin").mkdir(parents=True)
    (clone / ".venv/bin/python").symlink_to(sys.executable)
    (clone / ".venv/installed-here").write_text(f"{clone}\n")

    def plan(folder):
        return make(folder, "--dry-run", "lab", f"PYTHON={sys.executable}")[1]

    assert plan(clone) == ".venv/bin/coursekit lab\n"
    os.utime(clone / "requirements.txt", (2e9, 2e9))
    assert "-m venv  .venv" in plan(clone)
    os.utime(clone / "requirements.txt", (1e9, 1e9))
    assert plan(clone) == ".venv/bin/coursekit lab\n"
    moved = shutil.move(clone, clone.with_name("moved"))
    assert "-m venv --clear .venv" in plan(moved)


# What an install puts where


def test_jupyter_in_this_environment_is_told_of_the_course():
    told = Path(sys.prefix) / "etc/jupyter/jupyter_server_config.d/coursekit.json"
    assert json.loads(told.read_text()) == json.loads((REPO / "jupyter-config/coursekit.json").read_text())


def test_a_wheel_carries_a_copy_of_the_course(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=REPO,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    carried = set(zipfile.ZipFile(wheel).namelist())
    for tree, ending in (("exercises", "yaml"), ("solutions", "yaml"), ("notebooks", "ipynb")):
        here = {f"coursekit/course/{path.relative_to(REPO).as_posix()}" for path in (REPO / tree).rglob(f"*.{ending}")}
        here = {name for name in here if ".ipynb_checkpoints" not in name}
        assert here and here <= carried, tree
    assert "coursekit-0.1.0.data/data/etc/jupyter/jupyter_server_config.d/coursekit.json" in carried


SAVE = """
import asyncio, sys
from jupyter_server.serverapp import ServerApp
from coursekit.forms.saving import MARK, VIEW
app = ServerApp()
app.initialize(["--allow-root", "--no-browser", f"--ServerApp.root_dir={sys.argv[1]}"], new_httpserver=False)
view = {VIEW: {"model_id": "abc", "version_major": 2}, "text/html": f"<div class='{MARK}'>a form</div>"}
output = {"output_type": "display_data", "data": view, "metadata": {}}
cell = {"cell_type": "code", "id": "a", "source": "", "metadata": {}, "execution_count": 1, "outputs": [output]}
notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
asyncio.run(app.contents_manager.save({"type": "notebook", "format": "json", "content": notebook}, "saved.ipynb"))
"""


def test_a_notebook_saved_by_jupyter_keeps_the_text_of_a_form_and_no_dead_view(tmp_path):
    subprocess.run([sys.executable, "-c", SAVE, str(tmp_path)], cwd=tmp_path, check=True, capture_output=True)
    saved = (tmp_path / "saved.ipynb").read_text(encoding="utf-8")
    assert "a form" in saved
    assert "widget-view" not in saved
