"""Builds `site/`: the practice course as one static folder that asks no other host for anything.

    make site

The interpreter comes from an npm package and the wheels from the package index, both at pinned versions with their
hashes (`deploy/site/`). All of it is copied into the folder, and the list of packages that the interpreter reads names
only files beside it. `--bare DIR` builds an empty page with the same interpreter instead, for comparison.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import sys
from collections.abc import Iterable
from html import escape
from pathlib import Path

from site_parts import (
    DEPLOY,
    EPOCH,
    KERNEL,
    ROOT,
    WORK,
    CannotBuild,
    downloaded,
    fresh,
    interpreter,
    kernel_wheels,
    name_of,
    repacked,
    run,
    write_json,
)  # fmt: skip

APPS = ("lab", "notebooks", "tree", "edit")
# Fonts in formats that browsers needed before 2015.
OLD_FONTS = r"^fa-.*[.](svg|eot|ttf)$"


def main() -> int:
    """Build the site and say how large it is; the exit status is 1 where it could not be built."""
    options = argparse.ArgumentParser(description="Build the practice course as a static site.")
    options.add_argument(
        "--out", type=Path, default=ROOT / "site", help="the folder to build; an earlier site in it goes"
    )
    options.add_argument("--bare", action="store_true", help="build an empty page with the same interpreter")
    args = options.parse_args()
    os.environ["SOURCE_DATE_EPOCH"] = str(EPOCH)
    try:
        (bare if args.bare else whole)(args.out.resolve())
    except (CannotBuild, OSError) as error:
        print(f"The site was not built. {error}", file=sys.stderr)
        return 1
    return 0


def whole(out: Path) -> None:
    """The course as a site."""
    lite = fresh(WORK / "lite")
    wheels = [*downloaded(), *kernel_wheels(), course_wheel()]
    version = stamp(wheels)
    interpreter(lite / "static" / "pyodide", wheels, compiled=True)
    contents(lite / "files", version)
    config = json.loads((DEPLOY / "jupyter-lite.json").read_text("utf-8"))
    data = config["jupyter-config-data"]
    data["appVersion"] = f"{data['appVersion']}-{version}"
    # A new list has a new address, so that no browser takes an old one with new wheels.
    data["litePluginSettings"][f"{KERNEL}:kernel"]["loadPyodideOptions"] |= {
        "lockFileURL": f"./static/pyodide/pyodide-lock.json?{version.partition('+')[2]}",
        "packages": [name_of(wheel) for wheel in wheels],
    }
    (lite / "jupyter-lite.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
    shutil.copy(DEPLOY / "overrides.json", lite)
    build(lite, out, APPS)
    ask_again(out)
    page_extension(out, version)
    landing(out, version)
    print(f"{out}: version {version}, {told(out)}. Put the folder on any web server; try it with:")
    print(f"  python3 -m http.server -d {os.path.relpath(out)}")


def bare(out: Path) -> None:
    """An empty page with the same interpreter and the same wheels but for the course, loaded as the kernel itself does."""
    lite = fresh(WORK / "bare")
    interpreter(lite / "static" / "pyodide", downloaded(), compiled=False)
    write_notebook(lite / "files" / "empty.ipynb", [code("1 + 1")])
    write_notebook(lite / "files" / "echo.ipynb", [code((DEPLOY / "echo.py").read_text("utf-8"))])
    plain = {"disablePyPIFallback": True}
    config = {"litePluginSettings": {f"{KERNEL}:kernel": plain}, "exposeAppInBrowser": True}
    write_json(lite / "jupyter-lite.json", {"jupyter-lite-schema-version": 0, "jupyter-config-data": config})
    build(lite, out, APPS)


def told(folder: Path) -> str:
    """How large a folder is."""
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return f"{len(sizes)} files, {sum(sizes) / 1e6:.1f} MB"


# The course ----------------------------------------------------------------------------------------------------------


def course_wheel() -> Path:
    """The course as a wheel with a name of its own for each content, so that no browser takes an old one for a new."""
    folder = fresh(WORK / "course")
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], cwd=ROOT)
    built = next(folder.glob("*.whl"))
    made = repacked(built, folder / "course.zip")
    name, version, *rest = built.name.split("-")
    mark = hashlib.sha256(made.read_bytes()).hexdigest()[:10]
    named = folder / "-".join([name, version, f"0{mark}", *rest])
    made.rename(named)
    built.unlink()
    return named


def stamp(wheels: Iterable[Path]) -> str:
    """The version of the site: the course's own, and a mark of everything that goes into it."""
    mark = hashlib.sha256()
    for path in (*wheels, *sorted((ROOT / "notebooks").glob("*.ipynb")), *sorted(DEPLOY.rglob("*"))):
        if path.is_file():
            mark.update(path.name.encode() + b"\0" + path.read_bytes())
    version = next(wheel.name.split("-")[1] for wheel in wheels if name_of(wheel) == "coursekit")
    return f"{version}+{mark.hexdigest()[:8]}"


def markdown(text: str, id: str) -> dict[str, object]:
    """A cell of words."""
    return {"cell_type": "markdown", "id": id, "metadata": {}, "source": text}


def code(text: str, id: str = "code") -> dict[str, object]:
    """A cell of code that was not run."""
    return {"cell_type": "code", "id": id, "metadata": {}, "source": text, "outputs": [], "execution_count": None}


def write_notebook(path: Path, cells: list[dict], metadata: dict | None = None) -> None:
    """Write a notebook for the kernel in the browser."""
    kernel = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}
    book = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel, **(metadata or {})}, "cells": cells}
    write_json(path, book)


def edition(cells: list[dict]) -> str:
    """A mark of what a notebook says and asks; outputs do not change it."""
    said = json.dumps([[cell["cell_type"], "".join(cell["source"])] for cell in cells], ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()[:10]


def notebooks() -> list[Path]:
    """What learners get: every topic, and the appendix."""
    topics = {path.name for path in (ROOT / "exercises").iterdir() if path.is_dir()}
    return [path for path in sorted((ROOT / "notebooks").glob("*.ipynb")) if path.stem in {*topics, "statements"}]


def contents(files: Path, version: str) -> None:
    """The notebooks, each with its edition, and one more for progress and for handing in."""
    note = (DEPLOY / "note.md").read_text("utf-8").strip().format(version=version)
    for path in notebooks():
        cells = json.loads(path.read_text("utf-8"))["cells"]
        mark = edition(cells)
        cells.insert(1, markdown(note, "site-note"))
        write_notebook(files / path.name, cells, {"coursekit": {"edition": mark, "site": version}})
    own = json.loads((DEPLOY / "my_answers.json").read_text("utf-8"))
    cells = [
        markdown(text, f"words-{n}") if kind == "markdown" else code(text, f"code-{n}")
        for n, (kind, text) in enumerate(own)
    ]
    write_notebook(files / "my_answers.ipynb", cells, {"coursekit": {"edition": edition(cells), "site": version}})


def editions(files: Path) -> dict[str, str]:
    """The edition of each notebook of the site."""
    return {
        path.name: json.loads(path.read_text("utf-8"))["metadata"]["coursekit"]["edition"]
        for path in sorted(files.glob("*.ipynb"))
    }


# The page ------------------------------------------------------------------------------------------------------------


def build(lite: Path, out: Path, apps: Iterable[str]) -> None:
    """Put JupyterLite, the notebooks and the interpreter together. An earlier site in the folder goes."""
    if out.exists() and any(out.iterdir()) and not (out / "jupyter-lite.json").is_file():
        raise CannotBuild(f"{out} holds something else than a site. Name another folder with --out.")
    shutil.rmtree(out, ignore_errors=True)
    names = [part for app in apps for part in ("--apps", app)]
    run([sys.executable, "-m", "jupyterlite_core", "build", "--lite-dir", lite, "--output-dir", out, "--no-sourcemaps",
         "--contents", lite / "files", *names], cwd=lite)  # fmt: skip
    for path in out.rglob("*"):
        if re.search(OLD_FONTS, path.name):
            path.unlink()
        else:
            # Browsers keep a file the longer without asking, the older it says it is.
            os.utime(path)


def ask_again(out: Path) -> None:
    """Have pages look again for their settings at each start: after an update the browser may hold old ones."""
    script = out / "config-utils.js"
    text, count = re.subn(
        r"window\.fetch\(([^()]+)\)", r'window.fetch(\1, { cache: "no-cache" })', script.read_text("utf-8")
    )
    if count != 2:
        raise CannotBuild("config-utils.js of JupyterLite changed. See to it that it fetches settings with no-cache.")
    script.write_text(text, encoding="utf-8")


def page_extension(out: Path, version: str) -> None:
    """What the site adds to the page, and the editions by which it knows an older copy of a notebook."""
    pack = json.loads((DEPLOY / "extension" / "package.json").read_text("utf-8"))
    home = out / "extensions" / pack["name"]
    script = f"static/page.{version.partition('+')[2]}.js"
    (home / "static").mkdir(parents=True)
    shutil.copyfile(DEPLOY / "extension" / "page.js", home / script)
    write_json(home / "package.json", pack)
    config = json.loads((out / "jupyter-lite.json").read_text("utf-8"))
    data = config["jupyter-config-data"]
    data["federated_extensions"].append({"name": pack["name"], "load": script, "extension": "./extension"})
    data["courseEditions"] = editions(out / "files")
    write_json(out / "jupyter-lite.json", config)


def landing(out: Path, version: str) -> None:
    """Our own first page, with a row for each notebook and its minutes."""
    rows = [row(path) for path in notebooks()]
    page = (DEPLOY / "index.html").read_text("utf-8")
    (out / "index.html").write_text(
        page.replace("<!-- notebooks -->", "\n".join(rows)).replace("{version}", version), "utf-8"
    )


def row(path: Path) -> str:
    """A notebook's row on the first page: title, minutes and how many exercises."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    first = "".join(cells[0]["source"])
    title = first.splitlines()[0].lstrip("# ").strip()
    time = re.search(r"^(?:About )?([^.,]*?(?:minutes|hours)(?: and a \w+)?)", first.partition("\n\n")[2])
    count = sum(re.match(r"exercise\(", "".join(cell["source"])) is not None for cell in cells)
    told = ", ".join(filter(None, (f"about {time[1].lower()}" if time else "", f"{count} exercises" if count else "")))
    return f'<li><a href="notebooks/index.html?path={path.name}">{escape(title)}</a><span>{escape(told)}</span></li>'


if __name__ == "__main__":
    sys.exit(main())
