"""An invented class: answers drawn from the right ones and from the mistakes that authors foresaw.

It shows what a report looks like before there is a class, and gives tests and benchmarks something to grade. The same
seed gives the same answers, and nobody in it exists.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from tempfile import mkdtemp

from ..course import Course
from ..engine import MISSING, OK, audit_key, evidence, grade, pieces
from ..feedback import TRIES_BEFORE_ANSWER
from ..model import HEADINGS, Attempt, Exercise, Solution, Unreadable
from .submission import SUFFIX, written

NAMES = (
    "Abel", "Bea", "Chidi", "Dana", "Elif", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Kofi", "Lena", "Mei", "Nadia",
    "Omar", "Priya", "Quinn", "Rosa", "Sami", "Tala", "Uma", "Viktor", "Wanda", "Yusuf",
)  # fmt: skip
BEGAN = datetime(2025, 9, 8, 14, tzinfo=UTC)
SITTINGS = 8  # about


# Answers -------------------------------------------------------------------------------------------------------------


def right_answer(exercise: Exercise, solution: Solution, form: str) -> str:
    """A right answer as the record keeps it."""
    ask = exercise.forms[form]
    if form == "complete":
        return str(solution.claim)
    if form == "audit":
        key, missing = audit_key(solution.case, ask["claim"])
        said = [f"{label}: {' + '.join(h for h in HEADINGS if h in must) or OK}" for label, (must, _) in key.items()]
        return ", ".join([*said, *([MISSING] if missing else [])])
    if form == "support":
        right, _ = evidence(solution.case, ask["claim"], ask["line"])
        return f"{ask['line']}: {' '.join(map(str, sorted(right)))}"
    right = solution.keys[form].right
    if form == "sort":
        return ", ".join(f"{card}={bin}" for card, bin in right.items())
    if form == "select":
        return " ".join(id for id in ask["options"] if id in right)
    return f"{right:g}" if form == "number" else right if form == "choose" else " ".join(right)


def wrong_answers(exercise: Exercise, solution: Solution, form: str) -> list[str]:
    """Wrong answers that can be graded: those that the author foresaw, else the right one with one thing changed."""
    right = right_answer(exercise, solution, form)
    found = []
    for answer in dict.fromkeys(_changed(exercise, solution, form, right)):
        try:
            if not grade(exercise, solution, form, answer).solved:
                found.append(answer)
        except Unreadable:
            continue
    return found


def _changed(exercise: Exercise, solution: Solution, form: str, right: str) -> Iterator[str]:
    ask = exercise.forms[form]
    if form == "complete":
        yield from (str(misstep.claim) for misstep in solution.missteps)
        if not solution.missteps:
            yield "nothing"
    elif form == "audit":
        said = right.removesuffix(f", {MISSING}").split(", ")
        for n, mark in enumerate(said):
            label = mark.partition(":")[0]
            for other in (OK, *HEADINGS[1:4]):
                yield ", ".join([*said[:n], f"{label}: {other}", *said[n + 1 :]])
    elif form == "support":
        picked = right.partition(": ")[2].split()
        for n in range(1, len(pieces(exercise.note)) + 1):
            yield f"{ask['line']}: {' '.join(sorted({*picked} ^ {str(n)}, key=int))}"
    elif form == "choose":
        yield from ask["options"]
    elif form == "select":
        picked = set(right.split())
        for id in ask["options"]:
            yield " ".join(one for one in ask["options"] if one in picked ^ {id}) or "none"
    elif form == "sort":
        placed = solution.keys[form].right
        for card in placed:
            for bin in ask["bins"]:
                yield ", ".join(f"{one}={bin if one == card else its}" for one, its in placed.items())
    elif form == "order":
        steps = right.split()
        for n in range(len(steps) - 1):
            yield " ".join([*steps[:n], steps[n + 1], steps[n], *steps[n + 2 :]])
    else:
        yield from (likely for likely in solution.keys[form].told if likely != "right")
        yield f"{solution.keys[form].right + 1:g}"


# The class -----------------------------------------------------------------------------------------------------------


def names(learners: int) -> list[str]:
    """As many first names as there are learners; after the first 24 with a number."""
    return [NAMES[n] if n < len(NAMES) else f"{NAMES[n % len(NAMES)]} {n // len(NAMES) + 1}" for n in range(learners)]


def invented(
    course: Course, learners: int = 24, seed: int = 1, exercises: Sequence[str] = ()
) -> dict[str, list[Attempt]]:
    """The attempts of an invented class by learner: those of the exercises named, or of all.

    Learners differ in skill and in how far they have come, exercises in how hard they are, and each learner leans to some
    of the mistakes: so the class has misconceptions of its own, as classes do.
    """
    work = []
    for name in exercises or course.names:
        exercise, solution = course.exercise(name), course.solution(name)
        for form in exercise.forms:
            wrong = wrong_answers(exercise, solution, form)
            work.append((exercise, form, right_answer(exercise, solution, form), wrong, _lean(f"{seed}/{name}/{form}")))
    return {who: list(_of_learner(course, who, seed, work)) for who in names(learners)}


def _lean(text: str) -> float:
    """A number from 0 to 1 that depends on the text alone, the same on every machine."""
    return int.from_bytes(sha256(text.encode()).digest()[:6], "big") / 2**48


def _of_learner(course: Course, who: str, seed: int, work: list) -> Iterator[Attempt]:
    chance = Random(f"{seed}/{who}")
    skill, pace = 0.3 + 0.6 * _lean(f"{seed}/skill/{who}"), 0.55 + 0.6 * _lean(f"{seed}/pace/{who}")
    at = BEGAN + timedelta(hours=chance.random() * 8)
    for exercise, form, right, wrong, hard in work[: max(1, round(len(work) * min(pace, 1)))]:
        known = min(max(skill + 0.35 * (0.5 - hard), 0.05), 0.97)
        # The one mistake that this learner is drawn to comes first, and again.
        wrong = sorted(wrong, key=lambda one: _lean(f"{seed}/{exercise.name}/{one}") + 0.5 * chance.random())
        for number in range(TRIES_BEFORE_ANSWER + 1):
            is_right = not wrong or chance.random() < known + 0.3 * number
            seconds = round(25 + 110 * chance.random() * (1.3 - skill), 1)
            at += timedelta(seconds=seconds + 20)
            yield Attempt(
                sha256(f"{seed}/{who}/{exercise.name}/{form}/{number}".encode()).hexdigest()[:32], who, course.id,
                exercise.name, exercise.fingerprint, form, right if is_right else wrong[min(number, len(wrong) - 1)],
                "sure" if chance.random() < 0.25 else "",
                min(len(exercise.hints), int(chance.random() * 2.5)) if chance.random() < 0.4 * (1.2 - skill) + 0.1 * number else 0,
                seconds, at.isoformat(timespec="microseconds"),
            )  # fmt: skip
            if is_right or (number and chance.random() < 0.25):
                break
        # A sitting lasts some exercises; then life goes on until another day. A long course takes longer sittings.
        if chance.random() < min(0.12, SITTINGS / len(work)):
            at = (at + timedelta(days=1 + int(chance.random() * 2))).replace(hour=13 + int(chance.random() * 8))


def invented_class(
    course: Course | None = None,
    learners: int = 24,
    seed: int = 1,
    folder: Path | None = None,
    exercises: Sequence[str] = (),
) -> str:
    """Write the submissions of an invented class into a folder, a new one unless given, and give back its name."""
    course = course or Course.find()
    folder = folder or Path(mkdtemp(prefix="invented-class-"))
    folder.mkdir(parents=True, exist_ok=True)
    for who, attempts in invented(course, learners, seed, exercises).items():
        made = max(one.at for one in attempts)
        lines = written(who, course.id, "invented", attempts, made)
        (folder / f"{who.replace(' ', '-')}{SUFFIX}").write_text("\n".join(lines) + "\n", "utf-8", newline="\n")
    return str(folder)
