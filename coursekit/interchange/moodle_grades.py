"""Shares of a mark as Moodle takes them: from a closed list, in percent, or the whole import is refused."""

from __future__ import annotations

from .questions import SELECT, LeftOut, Option, Question

# Moodle's own list of grades for an answer; each is allowed as a deduction too.
TAKEN = (
    100, 90, 83.33333, 80, 75, 70, 66.66667, 60, 50, 40, 33.33333, 30, 25, 20, 16.66667, 14.28571, 12.5, 11.11111, 10, 5, 0,
)  # fmt: skip


def share(question: Question, option: Option) -> float:
    """The percent of the mark that an option gives: right ones share 100, wrong ones take back as much altogether.

    A wrong one takes back what Moodle knows that is nearest to its share.
    """
    if question.kind != SELECT:
        return 100 if option.right else 0
    if option.right is None:
        return 0
    alike = sum(other.right is option.right for other in question.options)
    nearest = min(TAKEN, key=lambda taken: abs(taken - 100 / alike))
    return nearest if option.right else -nearest


def adds_up(question: Question) -> LeftOut | None:
    """Why Moodle has no grades for a selection, or None: its right options must come to 100 percent."""
    right = sum(option.right is True for option in question.options)
    if question.kind == SELECT and min(abs(taken - 100 / right) for taken in TAKEN) > 1e-4:
        return LeftOut(question.id, f"Moodle knows no share of a mark for one of {right} right options")
    return None


def percent(share: float) -> str:
    """A share as both of Moodle's formats write it."""
    return f"{share:.5f}".rstrip("0").rstrip(".")
