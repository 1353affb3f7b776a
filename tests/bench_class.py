"""What grading a class costs, beside nbgrader on the same ten questions, and how it grows with the class.

nbgrader is installed for the comparison alone, into a folder that is removed again. Each size is graded by a process of
its own, so that its memory is its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
Row = tuple[str, str, str, bool]
QUESTIONS, OTHERS = 10, 12
LEARNERS, ANSWERS = 1_000, 40

# Grades a folder in a process of its own: seconds, learners, rows, and the most memory in MB.
GRADED = """
import json, resource, sys, time
from coursekit.classroom.room import room
from coursekit.course import Course
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
began = time.perf_counter()
graded = room(sys.argv[1], Course.find())
took = time.perf_counter() - began
print(json.dumps([took, len(graded.learners), len(graded.marks), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""

# The same questions as an assignment of nbgrader: a cell to answer in, and a cell that compares.
ASSIGNMENT = """
import json, sys
from pathlib import Path
import nbformat
from nbformat import v4
root, questions, submissions = Path(sys.argv[1]), json.loads(sys.argv[2]), int(sys.argv[3])
def meta(name, **more):
    return {"nbgrader": {"schema_version": 3, "grade_id": name, "grade": False, "solution": False, "locked": False, "task": False, "cell_type": "code", **more}}
def book(answer):
    cells = []
    for n, (key, wrong) in enumerate(questions):
        cells.append(v4.new_code_cell(answer(n, key, wrong), metadata=meta(f"a{n}", solution=True)))
        cells.append(v4.new_code_cell(f"assert answer_{n} == {key!r}", metadata=meta(f"t{n}", grade=True, locked=True, points=1)))
    return v4.new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}})
(root / "source/ps1").mkdir(parents=True)
nbformat.write(book(lambda n, key, wrong: f"### BEGIN SOLUTION\\nanswer_{n} = {key!r}\\n### END SOLUTION"), root / "source/ps1/p.ipynb")
(root / "nbgrader_config.py").write_text("c = get_config()\\nc.CourseDirectory.course_id = 'c1'\\n")
for s in range(submissions):
    (root / f"submitted/s{s:03}/ps1").mkdir(parents=True)
    nbformat.write(book(lambda n, key, wrong: f"answer_{n} = {wrong if (n + s) % 4 == 0 else key!r}"), root / f"submitted/s{s:03}/ps1/p.ipynb")
"""


def _class(folder: Path, learners: int, answers: int, names: list[str]) -> None:
    """Submissions with this many answers each, right and wrong ones, of these exercises in turn."""
    from coursekit.classroom.sample import right_answer, wrong_answers
    from coursekit.classroom.submission import SUFFIX, written
    from coursekit.course import Course
    from coursekit.model import Attempt

    course = Course(ROOT)
    work = []
    for name in names:
        exercise, solution = course.exercise(name), course.solution(name)
        for form in exercise.forms:
            work.append(
                (exercise, form, [right_answer(exercise, solution, form), *wrong_answers(exercise, solution, form)])
            )
    folder.mkdir(parents=True)
    for learner in range(learners):
        attempts = []
        for n in range(answers):
            exercise, form, known = work[(learner * 7 + n) % len(work)]
            at = f"2026-10-{1 + n % 28:02}T10:{learner % 60:02}:{n % 60:02}.000000+00:00"
            attempts.append(
                Attempt(f"{learner:024x}{n:08x}", f"L{learner}", course.id, exercise.name, exercise.fingerprint, form,
                        known[(learner + n) % len(known)], "", 0, 30.0, at)
            )  # fmt: skip
        lines = written(f"L{learner}", course.id, "bench", attempts, "2026-11-01T10:00:00.000000+00:00")
        (folder / f"L{learner}{SUFFIX}").write_text("\n".join(lines) + "\n", "utf-8")


def _graded(folder: Path) -> tuple[float, int, int, float]:
    run = subprocess.run(
        [sys.executable, "-c", GRADED, str(folder)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return tuple(json.loads(run.stdout))


def _nbgrader(scratch: Path, questions: list[tuple[str, str]]) -> float | None:
    """Submissions that nbgrader grades in a second, or None where it cannot be had."""
    own = scratch / "nbgrader"
    python = own / "bin/python"
    env = os.environ | {"JUPYTER_PREFER_ENV_PATH": "1", "PATH": f"{own / 'bin'}:{os.environ['PATH']}"}
    uv = Path(sys.executable).with_name("uv")
    try:
        subprocess.run([uv, "venv", "-q", own], check=True, capture_output=True)
        subprocess.run(
            [uv, "pip", "install", "-q", "--python", python, "nbgrader", "ipykernel"], check=True, capture_output=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    course = scratch / "course"
    subprocess.run(
        [python, "-c", ASSIGNMENT, course, json.dumps(questions), str(OTHERS)], check=True, capture_output=True
    )
    for step in (["generate_assignment", "ps1", "--force"], ["autograde", "ps1"]):
        began = time.perf_counter()
        subprocess.run([own / "bin/nbgrader", *step], cwd=course, env=env, check=True, capture_output=True)
    return OTHERS / (time.perf_counter() - began)


def rows() -> Iterator[Row]:
    """The rows of the table that `make bench` prints."""
    from coursekit.classroom.sample import right_answer, wrong_answers
    from coursekit.course import Course

    course = Course(ROOT)
    with tempfile.TemporaryDirectory() as place:
        scratch = Path(place)
        sizes = (LEARNERS // 4, LEARNERS // 2, LEARNERS)
        took = {}
        for size in sizes:
            _class(scratch / f"class-{size}", size, ANSWERS, list(course.names))
            took[size] = _graded(scratch / f"class-{size}")
        seconds, _, marks, memory = took[LEARNERS]
        figure = f"{seconds:.1f} s, {marks:,} rows"
        yield f"{LEARNERS:,} learners of {ANSWERS} answers each", figure, "under 10 s on one core", seconds < 10
        each = [took[size][0] / size * 1000 for size in sizes]
        yield (
            "a learner, as the class grows",
            " / ".join(f"{one:.1f} ms" for one in each),
            "no learner costs more",
            each[-1] <= 1.2 * each[0],
        )
        yield "most memory of the whole class", f"{memory:.0f} MB", "under 500 MB", memory < 500
        ten = [name for name in course.names if list(course.exercise(name).forms) == ["choose"]][:QUESTIONS]
        questions = []
        for name in ten:
            exercise, solution = course.exercise(name), course.solution(name)
            questions.append(
                (right_answer(exercise, solution, "choose"), wrong_answers(exercise, solution, "choose")[0])
            )
        _class(scratch / "ten", LEARNERS, len(ten), ten)
        mine = LEARNERS / _graded(scratch / "ten")[0]
        theirs = _nbgrader(scratch, questions)
        if theirs is None:
            yield (
                "beside nbgrader",
                f"{mine:,.0f} submissions/s; nbgrader is not to be had",
                "1,000 times its rate",
                False,
            )
        else:
            figure = f"{mine:,.0f} / {theirs:.2f} submissions/s = {mine / theirs:,.0f}"
            yield (
                f"beside nbgrader, {len(ten)} questions",
                figure,
                "at least 1,000 times its rate",
                mine / theirs >= 1000,
            )


if __name__ == "__main__":
    for row in rows():
        print(*row, sep="  ")
