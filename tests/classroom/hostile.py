"""A class whose names and words try to become something else than text."""

from dataclasses import replace

from coursekit.classroom.sample import invented
from coursekit.classroom.submission import SUFFIX, written
from coursekit.model import DISPUTE

NAMES = (
    "<script>document.title='owned'</script>",
    "<img src=https://elsewhere.test/x.png onerror=alert(1)>",
    "\"><svg onload=alert(1)><a href='javascript:alert(1)'>",
    "</style></title><h1 id=planted>",
    "=cmd|'/C calc'!A1",
    "]]>--><b id=planted>bold</b>",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt;&#0;",
    "שרה לוי",
    "محمد <b>",
)
SAYS = (
    "</bdi></q><iframe src=//elsewhere.test></iframe>",
    "\u202edesrever\u202e and \x1b[31mred\x07 and \ud800 <script>alert(1)</script>",
    "{{ it.course }} ${1} ]]> <!--",
)


def write(folder, course):
    """Write the class into a folder, each learner with disputes; and beside it files that are none."""
    folder.mkdir(parents=True, exist_ok=True)
    names = dict(zip(invented(course, len(NAMES)), NAMES, strict=True))
    for n, (who, attempts) in enumerate(invented(course, len(NAMES)).items()):
        attempts = [replace(one, learner=names[who]) for one in attempts]
        for k, says in enumerate(SAYS):
            last = attempts[-1]
            attempts.append(
                replace(last, id=f"{n:016x}{k:016x}", form=DISPUTE, answer=says, exercise=attempts[k].exercise)
            )
        # Anyone can write a file by hand: JSON escapes carry even what is no character.
        lines = written(names[who], course.id, "full", [one for one in attempts if "\ud800" not in one.answer], last.at)
        (folder / f"{n}{SUFFIX}").write_text("\n".join(lines) + "\n", "utf-8")
    (folder / "<b id=planted>.txt").write_text("no", "utf-8")
    (folder / f"<script>alert(1)<{SUFFIX}").write_text("{", "utf-8")
    return folder
