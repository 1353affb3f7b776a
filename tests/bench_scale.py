"""Grading from 10 thousand to 10 million attempts on a Dask cluster of this machine: time and memory, one core and two.

    make bench-scale

A set is made of the same answers under ever more learners. Each run is a process of its own; memory is that of its
largest process.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
FILE = 500_000  # attempts of one Parquet file

RUN = """
import json, resource, sys, time
from pathlib import Path
from coursekit.classroom.scale import graded_on_cluster
from coursekit.course import Course
if __name__ == "__main__":
    began = time.perf_counter()
    learners, rows = graded_on_cluster(sys.argv[1], Course.find(), Path(sys.argv[2]), workers=int(sys.argv[3]))
    took = time.perf_counter() - began
    memory = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    print(json.dumps([took, learners, rows, memory]))
"""


def _tables(folder: Path, size: int) -> Iterator[Path]:
    """Parquet files with this many attempts of 100 answers a learner."""
    from dataclasses import asdict

    import pandas

    from coursekit.classroom.sample import invented
    from coursekit.course import Course

    course = Course(ROOT)
    names = [name for name, its in course.names.items() if its[:2] in ("01", "03", "05")]
    base = [asdict(one) for mine in invented(course, 24, 1, names).values() for one in mine[:100]]
    seed = pandas.DataFrame(base[: 100 * (len(base) // 100)])
    made, copy = 0, 0
    while made < size:
        frames = []
        while made < size and sum(map(len, frames)) < FILE:
            part = seed.iloc[: size - made].copy()
            part["learner"] = part["learner"] + f" {copy:06}"
            part["id"] = [f"{copy:016x}{n:016x}" for n in range(len(part))]
            frames.append(part)
            made, copy = made + len(part), copy + 1
        path = folder / f"part-{copy:06}.parquet"
        pandas.concat(frames, ignore_index=True).to_parquet(path, index=False)
        yield path


def main(sizes: list[int]) -> None:
    """Make each set, grade it with one worker and with two, and print a line for each."""
    print(
        f"{'attempts':>12}  {'workers':>7}  {'seconds':>8}  {'s per million':>13}  {'rows':>11}  {'largest process':>15}"
    )
    for size in sizes:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "attempts"
            folder.mkdir()
            for _ in _tables(folder, size):
                pass
            script = Path(place) / "run.py"
            script.write_text(RUN, encoding="utf-8")
            for workers in (1, 2):
                out = Path(place) / f"out-{workers}"
                done = subprocess.run(
                    [sys.executable, script, folder, out, str(workers)],
                    capture_output=True,
                    text=True,
                    check=True,
                    cwd=ROOT,
                )
                took, _, rows, memory = json.loads(done.stdout.splitlines()[-1])
                each = took / size * 1e6
                print(
                    f"{size:>12,}  {workers:>7}  {took:>8.1f}  {each:>13.1f}  {rows:>11,}  {memory:>12,.0f} MB",
                    flush=True,
                )


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or list(SIZES))
