"""Measures what a learner waits for, and prints one table.

    make bench

Each figure stands beside its limit, and beside what it is compared with where there is something: the same page, the
same Python, the same run. Figures of one machine on one day: read differences under a quarter as noise.
"""

from __future__ import annotations

import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import bench_class
from prose import NOTEBOOKS, grade, prose

ROOT = Path(__file__).parents[1]
Row = tuple[str, str, str, bool]


def main() -> int:
    """Measure, print, and say by the exit status whether every limit held."""
    os.environ.pop("COURSEKIT_COURSE", None)
    os.chdir(ROOT)
    rows = []
    measures: list[Callable[[], Iterable[Row]]] = [
        imports,
        grading,
        first_in_kernel,
        saved_bytes,
        clicks,
        tables_of_cms,
        bench_class.rows,
        readability,
        suite,
    ]
    for measure in measures:
        rows += measure()
        print(".", end="", flush=True, file=sys.stderr)
    print(file=sys.stderr)
    width = max(len(row[0]) for row in rows)
    for name, figure, limit, holds in rows:
        print(f"{name:<{width}}  {figure:>34}  {limit:<28}  {'ok' if holds else 'MISSED'}")
    return int(not all(holds for *_, holds in rows))


# Imports -------------------------------------------------------------------------------------------------------------


def _seconds_of(code: str, times: int = 11) -> float:
    def once() -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - start

    once()
    return min(once() for _ in range(times))


def imports() -> Iterator[Row]:
    """`import coursekit` with all that grading needs, over bare Python with yaml."""
    bare = _seconds_of("import yaml")
    for name, code in (
        ("import coursekit", "import yaml, coursekit"),
        ("import coursekit and the engine", "import yaml, coursekit.engine"),
    ):
        more = (_seconds_of(code) - bare) * 1000
        yield name, f"{more:.0f} ms over {bare * 1000:.0f} ms", "at most 120 ms more", more <= 120


# Grading -------------------------------------------------------------------------------------------------------------


def _answers(form: str, ask: dict) -> Iterator[str]:
    """Distinct answers to a keyed form."""
    if form == "choose":
        return iter(ask["options"])
    if form == "select":
        sets = (itertools.combinations(ask["options"], n) for n in range(1, len(ask["options"]) + 1))
        return (" ".join(some) for some in itertools.chain.from_iterable(sets))
    if form == "sort":
        placings = itertools.product(ask["bins"], repeat=len(ask["cards"]))
        return (", ".join(map("=".join, zip(ask["cards"], bins, strict=True))) for bins in placings)
    if form == "order":
        return (" ".join(steps) for steps in itertools.permutations(ask["steps"]))
    return (str(n) for n in range(2000))


def grading() -> Iterator[Row]:
    """Distinct answers graded and explained in full, on one core."""
    from coursekit.course import Course
    from coursekit.engine import grade
    from coursekit.feedback import explain

    course = Course(ROOT)

    def rate(work: list[tuple]) -> float:
        def once() -> float:
            start = time.perf_counter()
            for exercise, solution, form, answer in work:
                explain(exercise, solution, form, grade(exercise, solution, form, answer), 1)
            return len(work) / (time.perf_counter() - start)

        return max(once() for _ in range(3))

    keyed, claims = [], []
    modifiers = ("", "59", "XE", "XP", "XS", "XU", "59 XS", "XE XU")
    for exercise in course.exercises():
        solution = course.solution(exercise.name)
        for form, ask in exercise.forms.items():
            if form in ("choose", "select", "sort", "order", "number"):
                some = itertools.islice(_answers(form, ask), 200)
                keyed += [(exercise, solution, form, answer) for answer in some]
            elif form == "complete":
                codes = [line.code for line in solution.claim.lines] or ["97124"]
                for units, *put in itertools.product(range(1, 9), *[modifiers] * min(len(codes), 2)):
                    lines = itertools.zip_longest(codes, put, fillvalue="")
                    claim = ", ".join(f"{code} x{units} {said}" for code, said in lines)
                    claims.append((exercise, solution, form, claim))
    for name, work, limit in (("keyed answers", keyed, 50_000), ("claims", claims, 10_000)):
        found = rate(work)
        yield (
            f"{name} graded and explained",
            f"{found:,.0f}/s of {len(work):,} distinct",
            f"at least {limit:,}/s",
            found >= limit,
        )


# In a fresh kernel ---------------------------------------------------------------------------------------------------

IN_KERNEL = """
import json, time
def timed(work):
    start = time.perf_counter(); work(); return time.perf_counter() - start
def libraries():
    import anywidget, ipywidgets, sqlalchemy, yaml, platformdirs
took = {"libraries": timed(libraries)}
from coursekit import exercise
took["exercise"] = timed(lambda: exercise("neck_after_lumbar"))
from coursekit.desk import submit
took["submit"] = timed(lambda: submit("neck_after_lumbar", "complete", "98940 x1, 97124 x1"))
print(json.dumps(took))
"""


def first_in_kernel() -> Iterator[Row]:
    """The first exercise and the first Submit in a new kernel, beyond the libraries they import."""
    from jupyter_client.manager import start_new_kernel

    with tempfile.TemporaryDirectory() as scratch:
        environment = os.environ | {
            "COURSEKIT_STORE": f"sqlite:///{scratch}/store.db",
            "COURSEKIT_LEARNER": "bench",
            "IPYTHONDIR": scratch,
            "PYTHONUNBUFFERED": "1",
        }
        manager, client = start_new_kernel(env=environment, cwd=ROOT / "notebooks")
        said: list[str] = []
        try:
            client.execute_interactive(
                IN_KERNEL, timeout=60, output_hook=lambda m: said.append(m["content"].get("text", ""))
            )
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
    took = json.loads("".join(said).strip().splitlines()[-1])
    beside = f"beside {took['libraries']:.2f} s of imports"
    yield (
        "first exercise in a kernel",
        f"{took['exercise']:.2f} s {beside}",
        "under 1 s beyond imports",
        took["exercise"] < 1,
    )
    yield "first Submit in a kernel", f"{took['submit']:.2f} s", "under 1 s beyond imports", took["submit"] < 1


# On disk -------------------------------------------------------------------------------------------------------------


def saved_bytes() -> Iterator[Row]:
    """What a saved exercise adds to a notebook: its cell, written as the file holds it."""
    sizes = []
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if "".join(cell["source"]).startswith("exercise("):
                sizes.append(len(json.dumps(cell, indent=1).encode()))
    median = statistics.median(sizes)
    yield (
        "saved notebook per exercise",
        f"{median:,.0f} bytes, median of {len(sizes)}",
        "at most 4,096 bytes",
        median <= 4096,
    )


# In the browser ------------------------------------------------------------------------------------------------------


def clicks() -> Iterator[Row]:
    """Click to feedback in a real JupyterLab, against a bare widget that echoes, in the same page."""
    out = Path(tempfile.mkdtemp()) / "clicks.json"
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:nbval", "tests/browser/latency.py", "--no-header"]
    done = subprocess.run(run, env=os.environ | {"COURSEKIT_CLICKS": str(out)}, capture_output=True, text=True)
    if not out.exists():
        print(done.stdout[-2000:], file=sys.stderr)
        yield "click to feedback", "not measured (no browser?)", "at most 1.3 of an echo", False
        return
    took = json.loads(out.read_text())
    for name in ("median", "p95"):
        form, echo = took["form"][name], took["echo"][name]
        figure = f"{form:.0f} ms / {echo:.0f} ms = {form / echo:.2f}"
        yield f"click to feedback, {name}", figure, "at most 1.3 of an echo", form / echo <= 1.3


def tables_of_cms() -> Iterator[Row]:
    """Importing and asking the real table of edits, where the tables are at hand."""
    try:
        from bench_cms import rows
    except ImportError:
        return
    yield from rows()


# Reading --------------------------------------------------------------------------------------------------------------


def readability() -> Iterator[Row]:
    """The US school grade that the prose of each notebook asks for."""
    for path in NOTEBOOKS:
        asks = grade(prose(path))
        yield f"school grade of {path.stem}", f"{asks:.1f}", "at most 9", asks <= 9


def suite() -> Iterator[Row]:
    """The whole of `make test`."""
    start = time.perf_counter()
    subprocess.run(["make", "test"], capture_output=True, text=True)
    took = time.perf_counter() - start
    yield "make test", f"{took:.0f} s", "under 600 s", took < 600


if __name__ == "__main__":
    sys.exit(main())
