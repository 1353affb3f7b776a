"""The instructor's settings of a workshop: one YAML file, read with the same care as an exercise."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..model import Unreadable
from ..reading import checked, read
from ..record import a_name
from ..terms import SEALED, Release, a_count_of_tries, a_day, a_seed, a_title, in_order

AT_ONCE, AFTER_THE_CLOSE, SCORE_ONLY = "at once", "after the close", "score only"
FEEDBACK = (AT_ONCE, AFTER_THE_CLOSE, SCORE_ONLY)
TERMS = {"title": a_title, "opens": a_day, "closes": a_day, "tries": a_count_of_tries, "seed": a_seed}


@dataclass(frozen=True, slots=True)
class Workshop:
    """What is handed out, on what terms, when feedback is shown, and who teaches. No notebooks and exercises means all."""

    feedback: str
    release: Release
    notebooks: tuple[str, ...] = ()
    exercises: tuple[str, ...] = ()
    instructors: tuple[str, ...] = ()


def read_workshop(path: Path) -> Workshop:
    """Read the settings. Raises `BadFile` with what is wrong, where, and what to do."""
    root = read(path, name=path.name)
    row = root.fields("feedback", f"{' '.join(TERMS)} notebooks exercises instructors")
    terms = {key: checked(row[key], reader) for key, reader in TERMS.items() if key in row}
    if "opens" in row and "closes" in row:
        checked(row["closes"], lambda _: in_order(terms["opens"], terms["closes"]))
    feedback = row["feedback"].one_of(FEEDBACK, "time of feedback")
    if feedback == AFTER_THE_CLOSE and "closes" not in row:
        raise row["feedback"].bad(
            "Feedback after the close needs a closing day. Add a line such as closes: 2026-09-30."
        )
    names = {key: row[key].texts if key in row else () for key in ("notebooks", "exercises")}
    teachers = row["instructors"].items if "instructors" in row else ()
    return Workshop(
        feedback,
        Release(kind=SEALED, **terms),
        **names,
        instructors=tuple(str(checked(one, a_name)) for one in teachers),
    )


def settings_file(name: str | None) -> Path:
    """The file of this name. Raises `Unreadable` where none is named or there is none."""
    if not name or not Path(name).is_file():
        raise Unreadable(
            f"There is no settings file {name or ''}. Name the workshop's YAML file in COURSEKIT_WORKSHOP."
        )
    return Path(name)
