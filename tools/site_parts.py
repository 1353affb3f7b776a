"""The parts of the site that come from elsewhere: the interpreter and the wheels, pinned with their hashes."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable
from pathlib import Path

from jupyterlite_pyodide_kernel.constants import PYODIDE_PYTHON_VERSION, PYODIDE_VERSION

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy" / "site"
WORK = ROOT / "build" / "site"
INTERPRETER = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
KERNEL = "@jupyterlite/pyodide-kernel-extension"
# What the kernel asks for one by one as it starts; named at once, they are fetched side by side.
KERNEL_WHEELS = ("piplite", "pyodide_kernel", "ipykernel")
# What no start and no exercise needs: type hints of libraries that are not here, and the page's half of the widgets.
LEFT_OUT = {
    "anywidget": r"^anywidget(/labextension|-[^/]*\.data)/",
    "coursekit": r"^coursekit/(cms|service)/",
    "jedi": r"^jedi/third_party/(django-stubs|typeshed/(third_party|stdlib/2))/",
    "pyyaml": r"\.so$",
}
# A wheel is a zip, and a zip knows no time before this.
EPOCH = 315532800

# What each wheel is imported as, where that is not its name, and what is imported with it.
IMPORTS = {"pyyaml": ["yaml"], "pyodide-kernel": ["pyodide_kernel"], "coursekit": ["coursekit"]}
NEEDS = {
    "micropip": ["packaging"],
    "piplite": ["micropip"],
    "jedi": ["parso"],
    "asttokens": ["six"],
    "matplotlib-inline": ["traitlets"],
    "prompt-toolkit": ["wcwidth"],
    "stack-data": ["executing", "asttokens", "pure-eval"],
    "ipython-pygments-lexers": ["pygments"],
    "ipython": ["decorator", "ipython-pygments-lexers", "jedi", "matplotlib-inline", "prompt-toolkit", "pygments",
                "stack-data", "traitlets", "typing-extensions"],
    "comm": ["traitlets"],
    "pyodide-kernel": ["comm", "ipython", "ipykernel"],
    "ipywidgets": ["comm", "ipython", "traitlets"],
    "anywidget": ["ipywidgets", "psygnal", "typing-extensions"],
    "coursekit": ["anywidget", "pyyaml"],
}  # fmt: skip


class CannotBuild(Exception):
    """The site cannot be built: what is missing, and what to do."""


def interpreter(into: Path, wheels: list[Path], compiled: bool) -> None:
    """The interpreter and the wheels, compiled or not, with a list that names nothing but files beside it."""
    pin = tomllib.loads((DEPLOY / "interpreter.toml").read_text("utf-8"))
    if pin["version"] != PYODIDE_VERSION:
        raise CannotBuild(f"The kernel names pyodide {PYODIDE_VERSION}; deploy/site/interpreter.toml {pin['version']}.")
    archive = WORK / "npm" / f"pyodide-{pin['version']}.tgz"
    if not (archive.is_file() and integrity(archive) == pin["integrity"]):
        archive.parent.mkdir(parents=True, exist_ok=True)
        if not shutil.which("npm"):
            raise CannotBuild("npm brings the interpreter, and is not here. Install Node.js with npm, then try again.")
        run(["npm", "pack", "--silent", f"pyodide@{pin['version']}"], cwd=archive.parent)
        if (found := integrity(archive)) != pin["integrity"]:
            raise CannotBuild(f"The interpreter that npm brought is not the pinned one: its hash is {found}.")
    unpacked = fresh(WORK / "npm" / "unpacked")
    shutil.unpack_archive(archive, unpacked, filter="data")
    into.mkdir(parents=True)
    for name in INTERPRETER:
        shutil.copyfile(unpacked / "package" / name, into / name)
    info = json.loads((unpacked / "package" / "pyodide-lock.json").read_text("utf-8"))["info"]
    for wheel in wheels:
        shutil.copyfile(wheel, into / wheel.name)
    listing(into, info, wheels)
    if compiled:
        run(["node", DEPLOY / "compile.mjs", into, DEPLOY / "start.py"])
        listing(into, info, wheels)


def listing(folder: Path, info: dict, wheels: Iterable[Path]) -> None:
    """The interpreter's list of packages: the wheels beside it, and nothing else."""
    write_json(
        folder / "pyodide-lock.json",
        {"info": info, "packages": {name_of(one): entry(folder / one.name) for one in wheels}},
    )


def integrity(path: Path) -> str:
    """A file's hash as npm writes it."""
    return "sha512-" + base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()


def name_of(wheel: Path) -> str:
    """The package that a wheel holds."""
    return wheel.name.split("-")[0].replace("_", "-").lower()


def entry(wheel: Path) -> dict[str, object]:
    """A wheel's row in the interpreter's list of packages."""
    name = name_of(wheel)
    return {
        "name": name,
        "version": wheel.name.split("-")[1],
        "file_name": wheel.name,
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": IMPORTS.get(name, [name.replace("-", "_")]),
        "depends": NEEDS.get(name, []),
        "unvendored_tests": False,
    }


def downloaded() -> list[Path]:
    """The pinned wheels, as plain Python."""
    folder = fresh(WORK / "wheels")
    text = (DEPLOY / "requirements.txt").read_text("utf-8")
    pins = re.findall(r"^\S+==.*(?:\n    .*)*", text, re.MULTILINE)
    # All but one have a wheel without compiled parts; PyYAML does without them where they are missing.
    for platform, wanted in (("any", "(?!pyyaml=)"), ("manylinux2014_x86_64", "pyyaml=")):
        chosen = WORK / f"{platform}.txt"
        chosen.write_text("\n".join(pin for pin in pins if re.match(wanted, pin)) + "\n", encoding="utf-8")
        run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:",
             f"--python-version={PYODIDE_PYTHON_VERSION}", f"--platform={platform}", "-d", folder, "-r", chosen])  # fmt: skip
    for wheel in sorted(folder.glob("*.whl")):
        plain = WORK / "plain.whl"
        repacked(wheel, plain)
        wheel.unlink()
        name, version, *_ = wheel.name.split("-")
        plain.rename(folder / f"{name}-{version}-py3-none-any.whl")
    return sorted(folder.glob("*.whl"))


def kernel_wheels() -> list[Path]:
    """The kernel's own wheels, which come with the page's extension."""
    home = Path(sys.prefix) / "share/jupyter/labextensions" / KERNEL / "static/pypi"
    return [next(home.glob(f"{name}-*.whl")) for name in KERNEL_WHEELS]


def run(command: list[object], **options: object) -> None:
    """Run a program; what it prints is shown only where it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    if done.returncode:
        # A line of packed JavaScript says nothing.
        said = "\n".join([line for line in (done.stdout + done.stderr).splitlines() if len(line) < 500][-25:])
        raise CannotBuild(f"{Path(str(command[0])).name} failed:\n{said}")


def repacked(wheel: Path, target: Path) -> Path:
    """A wheel without what is left out, as plain Python and always with the same bytes."""
    rows, record, drop = [], "", LEFT_OUT.get(name_of(wheel), "^$")
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new:

        def add(name: str, data: bytes) -> None:
            new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED, 9)

        for name in sorted(old.namelist()):
            if name.endswith(".dist-info/RECORD"):
                record = name
            elif not name.endswith("/") and not re.search(drop, name):
                data = old.read(name)
                if name.endswith(".dist-info/WHEEL"):
                    data = re.sub(rb"Root-Is-Purelib: false", b"Root-Is-Purelib: true", data)
                    data = re.sub(rb"(Tag: [^\n]+\n)+", b"Tag: py3-none-any\n", data)
                add(name, data)
                digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
                rows.append([name, f"sha256={digest}", len(data)])
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([*rows, [record, "", ""]])
        add(record, text.getvalue().encode())
    return target


def fresh(folder: Path) -> Path:
    """The folder, made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def write_json(path: Path, data: object) -> None:
    """Write data as JSON; the same data give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
