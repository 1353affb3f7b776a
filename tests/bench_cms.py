"""What importing and asking CMS's real table costs, beside a bare read of the same file by the libraries made for it.

The real files are found through COURSEKIT_NCCI, or in ../shared/ncci beside the checkout; without them nothing is
measured. The machine has other work to do at times, so all take turns, and of each the best time counts.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAIRS = "ptp_practitioner_20240701.tsv.gz"
ROUNDS, TIMES = 3, 3

# Each reads one file some times in a process of its own, and prints the seconds of each time and the memory in MB.
TIMED = """
import json, resource, sys, time
path, times = sys.argv[1], int(sys.argv[2])
{setup}
taken = []
for _ in range(times):
    began = time.perf_counter()
    {work}
    taken.append(time.perf_counter() - began)
print(json.dumps([taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""
READERS = {
    "polars": ("import polars", "table = polars.read_csv(path, separator='\\t')"),
    "duckdb": (
        "import duckdb",
        "duckdb.connect().execute('create table t as select * from read_csv(?, delim=?, header=true)', [path, '\\t'])",
    ),
    "pandas": ("import pandas", "table = pandas.read_csv(path, sep='\\t', dtype=str)"),
}
OURS = ("from pathlib import Path; from coursekit.cms import taking", "taking.keep(taking.read([Path(path)]))")

Row = tuple[str, str, str, bool]


def _folder() -> Path | None:
    place = Path(os.environ.get("COURSEKIT_NCCI") or ROOT.parent / "shared" / "ncci")
    return place if (place / PAIRS).is_file() else None


def _timed(name: str, path: Path, env: dict[str, str]) -> tuple[float, float, float] | None:
    """Best and first seconds of some readings, and megabytes; None where the library is not installed."""
    setup, work = OURS if name == "import" else READERS[name]
    code = TIMED.format(setup=setup, work=work)
    run = subprocess.run(
        [sys.executable, "-c", code, str(path), str(TIMES)], capture_output=True, text=True, cwd=ROOT, env=env
    )
    if run.returncode:
        if "ModuleNotFoundError" in run.stderr:
            return None
        raise RuntimeError(run.stderr)
    taken, megabytes = json.loads(run.stdout)
    return min(taken), taken[0], megabytes


def measured(path: Path, env: dict[str, str]) -> dict[str, tuple[float, float, float]]:
    """The import and the bare reads in turns: of each the best, the best first time, and the most megabytes."""
    found: dict[str, tuple[float, float, float]] = {}
    for _ in range(ROUNDS):
        for name in ("import", *READERS):
            if one := _timed(name, path, env):
                best = found.get(name, (9.9, 9.9, 0.0))
                found[name] = (min(best[0], one[0]), min(best[1], one[1]), max(best[2], one[2]))
    return found


def rows() -> Iterator[Row]:
    """The rows that `make bench` prints: name, figure, limit, and whether it holds."""
    folder = _folder()
    if folder is None:
        yield "CMS's real table", "not measured", "COURSEKIT_NCCI names it", True
        return
    with tempfile.TemporaryDirectory() as scratch:
        env = {**os.environ, "XDG_DATA_HOME": scratch}
        shipped = folder / PAIRS
        plain = Path(scratch) / PAIRS.removesuffix(".gz")
        with gzip.open(shipped) as source, plain.open("wb") as target:
            shutil.copyfileobj(source, target)
        for path in (shipped, plain):
            yield from _import_rows(path, env)
        yield from _asking_rows(env)


def _import_rows(path: Path, env: dict[str, str]) -> Iterator[Row]:
    found = measured(path, env)
    ours, *_, megabytes = found.pop("import")
    if not found:
        yield f"import {path.name}", f"{ours:.2f} s", "no library to compare with", False
        return
    for name, (best, _, memory) in sorted(found.items(), key=lambda entry: entry[1]):
        yield f"  bare read by {name}", f"{best:.2f} s, {memory:.0f} MB", "", True
    fastest = min(best for best, *_ in found.values())
    said = f"{ours:.2f} s, {ours / fastest:.1f} times"
    yield f"import {path.name}", said, "at most 2 times the fastest", ours <= 2 * fastest
    yield "  its memory", f"{megabytes:.0f} MB", "under 1000 MB", megabytes < 1000


LOOKUPS = """
import itertools, json, sys, time
from coursekit.cms import edition
table = edition.named("practitioner")
codes = bytes(table.section("codes")).decode()
codes = [codes[n : n + 5] for n in range(0, len(codes), 5 * 97)]
pairs = list(itertools.islice(itertools.product(codes, codes), 4000))
best = 9.0
for _ in range(7):
    began = time.perf_counter()
    for one, two in pairs:
        table.rows(one, two)
    best = min(best, (time.perf_counter() - began) / len(pairs))
began = time.perf_counter()
found = [table.rows("97140", "97124") for _ in range(2000)]
print(json.dumps([best, (time.perf_counter() - began) / 2000, len(found[0])]))
"""
COLD = """
import subprocess, sys, time
began = time.perf_counter()
asked = [sys.executable, "-m", "coursekit", "pair", "--edits", "97124", "97140", "--json"]
run = subprocess.run(asked, capture_output=True)
assert run.returncode == 0, run.stderr
print(time.perf_counter() - began)
"""


def _asking_rows(env: dict[str, str]) -> Iterator[Row]:
    def said(code: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT, env=env
        ).stdout

    most = max(json.loads(said(LOOKUPS))[:2]) * 1e6
    yield "one pair of the whole table, warm", f"{most:.0f} µs", "under 50 µs", most < 50
    cold = min(float(said(COLD)) for _ in range(5))
    yield "one pair of the whole table, cold", f"{cold:.2f} s", "under 0.5 s", cold < 0.5


if __name__ == "__main__":
    for row in rows():
        print(*row, sep=" | ")
