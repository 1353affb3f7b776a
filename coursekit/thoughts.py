"""Which misconceptions an answer shows: the author's names for the ideas behind wrong answers.

A keyed form carries the name on the option that was picked; a claim is compared with the missteps that the author
foresaw: the same claim, else one that raises the very same findings.
"""

from __future__ import annotations

from .engine import findings
from .model import Case, Grade, Misstep, Solution
from .readings import kept


def misstep_of(solution: Solution, grade: Grade) -> Misstep | None:
    """The misstep that a claim repeats, to the letter or by its findings; None for one that nobody foresaw."""
    if grade.solved or solution.case is None:
        return None
    if exact := solution.foreseen.get(grade.answer):
        return exact
    raised = frozenset((found.line, found.rule) for found in grade.findings if not found.advice)
    return _by_findings(solution, solution.case).get(raised)


def _by_findings(solution: Solution, case: Case) -> dict[frozenset[tuple[str, str]], Misstep]:
    """The missteps by what they raise; of several that raise the same nobody can say which one it was."""

    def work_out() -> dict[frozenset[tuple[str, str]], Misstep]:
        table: dict[frozenset[tuple[str, str]], Misstep | None] = {}
        for misstep in solution.missteps:
            raised = frozenset((f.line, f.rule) for f in findings(case, misstep.claim) if not f.advice)
            other = table.get(raised)
            same = raised not in table or (other and other.misconception == misstep.misconception)
            table[raised] = misstep if same else None
        return {raised: misstep for raised, misstep in table.items() if misstep}

    return kept(case, "missteps", work_out)


def shown_by(solution: Solution, form: str, grade: Grade) -> tuple[str, ...]:
    """The names of the misconceptions that an answer shows, each once; none for a right answer."""
    if form == "complete":
        misstep = misstep_of(solution, grade)
        return (misstep.misconception,) if misstep else ()
    return tuple(dict.fromkeys(found.misconception for found in grade.findings if found.misconception))
