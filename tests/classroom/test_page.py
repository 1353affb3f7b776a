"""The page for instructors: its commands are those of the command line, and its limits are those of the code."""

import re
import shlex

import pytest
from cases import ROOT

from coursekit.classroom import collecting, submission, unpacking
from coursekit.cli import _read

PAGE = (ROOT / "docs" / "instructors.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    (?:[A-Z_]+=\S+ )?\.venv/bin/coursekit (.+)$", PAGE, re.M)


def test_every_step_from_handing_out_to_grading_again_is_there():
    verbs = {command.split()[0] for command in COMMANDS}
    assert verbs == {"release", "submit", "grade-all", "report", "regrade", "check", "prepare-database", "doctor"}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_line_knows_what_is_written(command):
    assert _read(shlex.split(command)).work


def test_what_make_is_asked_for_it_can_make():
    asked = set(re.findall(r"^    make (\w+)", PAGE, re.M))
    assert "lab" in asked
    known = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert asked <= known


def test_the_files_of_the_copied_exercise_are_there():
    copied = re.findall(r"^    cp (\S+) ", PAGE, re.M)
    assert len(copied) == 2 and all((ROOT / name).is_file() for name in copied)


def test_the_limits_are_those_of_the_code():
    rows = PAGE.partition("## What is refused")[2]
    assert f"{submission.MOST_BYTES // 2**20} MB, {submission.MOST_ATTEMPTS:,} answers, {submission.MOST_LINE // 1024} KB a line" in rows  # fmt: skip
    assert f"4 GB unpacked, {unpacking.OF_A_CLASS.files:,} files; three zip files deep" in rows
    assert (unpacking.OF_A_CLASS.bytes, unpacking.MOST_NESTED) == (4 * 2**30, 3)
    assert f"{unpacking.OF_A_LEARNER.bytes // 2**20} MB unpacked, {unpacking.OF_A_LEARNER.files:,} files" in rows
    assert f"{collecting.MOST_FILES:,} files and folders, {collecting.MOST_DEEP} deep" in rows
