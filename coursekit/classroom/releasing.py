"""Makes of a course what a class gets: one folder and one zip that run with `make lab`, sealed or for practice.

All that goes in is named here and put together in memory, from files alone; a sealed release never opens `solutions/`.
The same input gives the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..course import Course
from ..model import Unreadable
from ..reading import nearest
from ..terms import PRACTICE, SEALED, Release, as_yaml
from .handout import notebook, readme

PACKAGE = Path(__file__).parents[1]
CHECKOUT = PACKAGE.parent

# What a learner needs of the checkout, beside the package itself.
PARTS = ("Makefile", "pyproject.toml", "requirements.txt", "environment.yml", "LICENSE", "NOTICE")
SETTINGS = "jupyter-config/coursekit.json"
# The package is made of these; whatever else lies in its folder (bytecode, a wheel, a database) is nobody's to hand out.
SUFFIXES = frozenset((".py", ".js", ".css", ".html", ".svg", ".yaml", ".csv", ".md", ".json"))
NOT_HANDED_OUT = ("__pycache__", "course")

# The course whose solutions everybody can read.
PUBLIC = "hands-on-coding"
# Not for learners unless named: what instructors see of their class.
FOR_INSTRUCTORS = ("instructor",)

Files = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Made:
    """A release that was written: where, on what terms, and what is in it. `public` are exercises with public solutions."""

    folder: Path
    zip: Path
    release: Release
    notebooks: tuple[str, ...]
    exercises: tuple[str, ...]
    public: tuple[str, ...]
    files: int
    bytes: int


def make(place: Path, course: Course, release: Release, notebooks: Sequence[str], exercises: Sequence[str]) -> Made:
    """Write a release of a course into a new or empty folder, and its zip beside it. Raises `Unreadable`.

    `notebooks` are numbers or names, `exercises` names; none of either means all. `release` gets its id here.
    """
    place = place.expanduser().resolve()
    bundle = place.with_name(f"{place.name}.zip")
    _check_place(place, bundle)
    books, names = chosen(course, release.kind, notebooks, exercises)
    public = public_among(course, names)
    files = {
        **_of_checkout(),
        **_of_course(course, release.kind, books, names),
        "README.md": readme(course.about["title"], release, len(names), len(public)).encode(),
    }
    terms = "exercises/course.yaml"
    files[terms] = as_yaml(course.id, course.about["title"], release).encode()
    release = replace(release, id=_hash(files))
    files[terms] = as_yaml(course.id, course.about["title"], release).encode()
    packed = _zip(place.name, files)
    try:
        _write(place, files)
        bundle.write_bytes(packed)
    except OSError as error:
        raise Unreadable(
            f"{place} cannot be written: {error.strerror or error}. Name a folder in another place."
        ) from None
    return Made(place, bundle, release, books, names, public, len(files), len(packed))


def _check_place(place: Path, bundle: Path) -> None:
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise Unreadable(f"{place} is there already and holds something. Name a new or empty folder.")
    if bundle.exists():
        raise Unreadable(f"{bundle} is there already. Move it away, or name another folder.")


# What is chosen ------------------------------------------------------------------------------------------------------


def chosen(
    course: Course, kind: str, notebooks: Sequence[str], exercises: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The stems of the notebooks and the names of the exercises, in course order. Raises `Unreadable`, with the nearest."""
    more = sorted({path.stem for path in (course.root / "notebooks").glob("*.ipynb")} - set(course.folders))
    known = [*course.folders, *more]
    picked = {stem for word in notebooks for stem in _notebook(word, known)}
    named = {name: course.exercise(name).folder for name in exercises}
    if picked and (apart := [name for name, folder in named.items() if folder not in picked]):
        raise Unreadable(
            f"{apart[0]} is an exercise of {named[apart[0]]}, which is not among the notebooks chosen. "
            "Add it to --notebooks, or leave --notebooks out."
        )
    if not picked:
        picked = set(named.values()) or set(course.folders)
        if kind == PRACTICE and not named:
            picked |= set(more) - set(FOR_INSTRUCTORS)
    wanted = {name.rpartition("/")[2] for name in named}
    names = tuple(name for name, folder in course.names.items() if (name in wanted if wanted else folder in picked))
    if not names:
        raise Unreadable("There is no exercise in what was chosen. Choose a notebook that has some.")
    return tuple(stem for stem in known if stem in picked), names


def _notebook(word: str, known: Sequence[str]) -> list[str]:
    """The notebook of this name, or those of this number."""
    word = word.rpartition("/")[2].removesuffix(".ipynb")
    found = [stem for stem in known if stem == word or word.isdigit() and stem.startswith(f"{word:0>2}_")]
    if not found:
        raise Unreadable(f"The course has no notebook “{word[:60]}”.{nearest(word, known)} Known: {', '.join(known)}.")
    return found


def public_among(course: Course, names: Iterable[str]) -> tuple[str, ...]:
    """The exercises whose solutions everybody can read, as they are those of the course that comes with the package."""
    if not (CHECKOUT / "exercises" / "course.yaml").is_file():
        return ()
    own = Course(CHECKOUT)
    if own.id != PUBLIC:
        return ()
    if course.root.resolve() == CHECKOUT.resolve():
        return tuple(names)
    # Word for word, under whatever name: the fingerprint is of note and questions.
    known = {one.fingerprint for one in own.exercises()}
    return tuple(name for name in names if course.exercise(name).fingerprint in known)


# What goes in --------------------------------------------------------------------------------------------------------


def _of_checkout() -> Files:
    if lacking := [name for name in (*PARTS, SETTINGS) if not (CHECKOUT / name).is_file()]:
        raise Unreadable(
            f"A release carries what “make lab” needs, and there is no {lacking[0]} beside the package in {CHECKOUT}. "
            "Make the release in a full copy of the course's folder, with the coursekit that “make lab” installs there."
        )
    files = {name: _read(CHECKOUT / name) for name in (*PARTS, SETTINGS)}
    for path in _sources(PACKAGE):
        files[path.relative_to(CHECKOUT).as_posix()] = _read(path)
    return files


def _sources(folder: Path) -> Iterator[Path]:
    """The files that the package is made of. Links are not followed, and hidden files are not looked at."""
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or path.name.startswith("."):
            continue
        if path.is_dir() and path.name not in NOT_HANDED_OUT:
            yield from _sources(path)
        elif path.is_file() and path.suffix in SUFFIXES:
            yield path


def _of_course(course: Course, kind: str, books: Sequence[str], names: Sequence[str]) -> Files:
    files: Files = {}
    for name in names:
        # What cannot be read is complained of here, and not before the class.
        here = f"{course.exercise(name).folder}/{name}.yaml"
        files[f"exercises/{here}"] = _read(course.root / "exercises" / here)
        if kind == PRACTICE:
            if course.solution(name) is None:
                raise Unreadable(f"A practice release holds every solution, and solutions/{here} is missing. "
                                 "Write it, leave the exercise out, or make the release --sealed.")  # fmt: skip
            files[f"solutions/{here}"] = _read(course.root / "solutions" / here)
    for stem in books:
        path = course.root / "notebooks" / f"{stem}.ipynb"
        shown = [name for name in names if course.names[name] == stem]
        data = _read(path) if path.exists() else None
        title = f"{stem[:2]} · {course.notebook_title(stem)}" if data is None else ""
        files[f"notebooks/{stem}.ipynb"] = notebook(data, path.name, title, shown, names, books, sealed=kind == SEALED)
    return files


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror or error}.") from None


# How it is written ---------------------------------------------------------------------------------------------------


def _hash(files: Mapping[str, bytes]) -> str:
    """A short hash of all files: names, sizes and content."""
    found = hashlib.sha256()
    for name, data in sorted(files.items()):
        found.update(f"{name}\0{len(data)}\0".encode())
        found.update(data)
    return found.hexdigest()[:12]


def _write(place: Path, files: Mapping[str, bytes]) -> None:
    place.mkdir(parents=True, exist_ok=True)
    for name, data in sorted(files.items()):
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _zip(top: str, files: Mapping[str, bytes]) -> bytes:
    """All files under one folder, with nothing in it that a clock, a user or a file system says."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as bundle:
        for name, data in sorted(files.items()):
            member = zipfile.ZipInfo(f"{top}/{name}", (1980, 1, 1, 0, 0, 0))
            member.create_system, member.external_attr = 3, 0o100644 << 16
            bundle.writestr(member, data, zipfile.ZIP_DEFLATED, 9)
    return out.getvalue()
