"""How a right answer is given: what to press in a form, and what to type in a terminal."""

from cases import right_answer

from coursekit.engine import read_audit
from coursekit.model import HEADINGS, Claim

ASK, SKIP = "Ask the provider first", "Do not bill this line"


def blanks(exercise, claim):
    """For each line of a `complete` form what to fill in, so that the whole is this claim."""
    left, asks, filled = list(claim.lines), list(claim.asks), {}
    lines = list(enumerate(exercise.forms["complete"]["lines"]))
    # Lines with more given choose first, as in the form.
    for n, line in sorted(lines, key=lambda row: (row[1]["code"] is None, row[1]["units"] is None)):
        fits = (
            one
            for one in left
            if line["code"] in (None, one.code)
            and line["units"] in (None, one.units)
            and (
                set(line["given"]) <= set(one.modifiers)
                if line["blank_modifiers"]
                else set(line["given"]) == set(one.modifiers)
            )
        )
        if one := next(fits, None):
            left.remove(one)
            more = [name for name in one.modifiers if name not in line["given"]]
            filled[n] = {
                "code": one.code if line["code"] is None else None,
                "units": one.units if line["units"] is None else None,
                "modifiers": (more or ["none"]) if line["blank_modifiers"] else [],
            }
        elif asked := next((code for code in asks if line["code"] in (None, code)), None):
            asks.remove(asked)
            filled[n] = {"code": asked if line["code"] is None else None, "instead": ASK}
        else:
            filled[n] = {"instead": SKIP}
    assert not left and not asks, f"{exercise.name}: the form has no room for {claim}"
    return [filled[n] for n, _ in lines]


def presses(exercise, solution, form):
    """What to press and to fill in for the right answer to a form."""
    ask, answer = exercise.forms[form], right_answer(exercise, solution, form)
    if form == "complete":
        return blanks(exercise, Claim.parse(answer))
    if form == "audit":
        marks, missing = read_audit(answer, ask["claim"])
        return [
            *(sorted(marks[label]) or ["ok"] for label in ask["claim"].labelled),
            ["a line is missing"] if missing else [],
        ]
    if form == "support":
        return [int(word) for word in answer.split(":")[1].split()]
    if form == "sort":
        return [solution.keys["sort"].right[card] for card in ask["cards"]]
    if form == "order":
        return [list(ask["steps"]).index(step) for step in answer.split()]
    return answer if form == "number" else answer.split()


def typed(exercise, solution, form):
    """What to type in a terminal for the right answer to a form, a line for each prompt."""
    ask, value = exercise.forms[form], presses(exercise, solution, form)
    if form == "complete":
        return [word for line, fill in zip(ask["lines"], value, strict=True) for word in _typed_line(line, fill)]
    if form == "audit":
        *marks, missing = value
        numbers = {mark: str(n) for n, mark in enumerate(HEADINGS, 1)}
        return [*(" ".join(numbers.get(mark, mark) for mark in line) for line in marks), "y" if missing else "n"]
    if form == "sort":
        return value
    return [value if form == "number" else " ".join(map(str, [n + 1 for n in value] if form == "order" else value))]


def _typed_line(line, fill):
    if line["code"] is not None and line["units"] is not None and not line["blank_modifiers"]:
        return
    if instead := fill.get("instead"):
        yield "a" if instead == ASK else "0"
        if instead == ASK and fill["code"]:
            yield fill["code"]
        return
    if line["code"] is None:
        yield fill["code"]
    if line["units"] is None:
        yield str(fill["units"])
    if line["blank_modifiers"]:
        yield " ".join(fill["modifiers"])
