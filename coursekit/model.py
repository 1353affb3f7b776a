"""The nouns of the course. Frozen, plain, and without opinions: nothing here decides anything.

A `Case` is what happened, in clinic words. A `Claim` is what is asked of the payer, in payer words. The two meet in
`tables` and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date as Date
from functools import cached_property, lru_cache

HEADINGS = (
    "who may bill",
    "what was done",
    "how much",
    "side by side",
    "how it is said",
    "what the note must say",
)

# Where a finding under a heading counts, unless the finding itself says otherwise.
PART_OF_HEADING = {
    "who may bill": "code",
    "what was done": "code",
    "how much": "units",
    "side by side": "modifier",
    "how it is said": "modifier",
    "what the note must say": "documentation",
}

PARTS = ("code", "units", "modifier", "documentation")

# What a learner has to say against a grade is kept as an attempt of this form, and travels as one.
DISPUTE = "dispute"

FORMS = ("complete", "audit", "support", "choose", "select", "sort", "order", "number")

NOTHING = "nothing"
ASK = "ask"
MOST_LINES = 24
MOST_UNITS = 99

_CODE = re.compile(r"[0-9A-Z][0-9]{3}[0-9A-Z]")
_UNITS = re.compile(r"[xX×]([0-9]{1,4})")
_MODIFIER = re.compile(r"[0-9A-Z]{2}")


class Unreadable(ValueError):
    """An answer, claim or file that cannot be read. Never the same as wrong: it is not graded and not counted."""


# Rows of the published tables ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Source:
    """Where something is written: what a reader needs to find the place and to judge how sure we are of it."""

    id: str
    title: str
    publisher: str
    where: str
    edition: str
    read_on: str
    seen: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """A billable code. `timing` is timed (15-minute units), untimed (once a day) or region (counted by regions)."""

    code: str
    label: str
    timing: str
    family: str
    regions: tuple[int, int] | None
    limit: int | None
    limit_kind: str
    since: Date | None
    until: Date | None
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Technique:
    """What a clinician says was done, and the code (several only where the field disagrees) that reports it."""

    name: str
    codes: tuple[str, ...]
    contested: bool
    positions: tuple[str, ...]
    also: tuple[str, ...]
    source: tuple[str, ...]
    payer_picks: bool = False


@dataclass(frozen=True, slots=True)
class Modifier:
    """A modifier is an assertion: `asserts` names the ways of standing apart that it claims to be true."""

    modifier: str
    label: str
    kind: str
    asserts: frozenset[str]
    since: Date | None
    until: Date | None
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Region:
    """A body region; `part_of` makes the regions a tree, `sided` says that left and right are different places."""

    name: str
    spinal: bool
    part_of: str
    sided: bool
    also: tuple[str, ...]
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """A pair of codes: column two is part of column one unless (indicator 1) the two stand apart as `opens` says.

    A blank `since` means: unknown, in force before its end. Indicator 9 marks a row that was voided and never held.
    """

    list: str
    column_one: str
    column_two: str
    indicator: str
    since: Date | None
    until: Date | None
    opens: tuple[str, ...]
    rationale: str
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """Something announced about pairs of an edit list, or what became of it. `on` is a day, or a month where no day is known."""

    id: str
    on: str
    list: str
    pairs: frozenset[tuple[str, str]]
    says: str
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Provider:
    """A kind of clinician or helper; minutes of those who do not count never become units.

    An assistant `assists` another provider, and a payer that pays less for assistants wants `modifier` on the line.
    """

    name: str
    label: str
    counts: bool
    source: tuple[str, ...]
    assists: str = ""
    modifier: str = ""


@dataclass(frozen=True, slots=True)
class Requirement:
    """A modifier that a payer wants on certain lines of certain providers."""

    modifier: str
    by: tuple[str, ...]
    on: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Payer:
    """Who pays, how it counts units (total-time or per-service), which edits it follows, whom it pays for what.

    `wants` names what it asks of a whole record, `beside` codes that it pays only beside another code, `whole_spine`
    that it takes the spine for one region, `assistants` that it wants assistants' lines marked, and `reads` the code
    that it takes for a technique on which the field disagrees.
    """

    id: str
    name: str
    about: str
    invented: bool
    counting: str
    edits: str
    limits: bool
    pays: Mapping[str, tuple[str, ...]]
    requires: tuple[Requirement, ...]
    source: tuple[str, ...]
    wants: tuple[str, ...] = ()
    beside: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    whole_spine: bool = False
    assistants: bool = False
    reads: Mapping[str, str] = field(default_factory=dict)

    @property
    def follows_ncci(self) -> bool:
        """Whether its pairs are those of Medicare's National Correct Coding Initiative."""
        return self.edits.startswith("ncci")

    @property
    def is_medicare(self) -> bool:
        """Whether Medicare's own manuals speak for it."""
        return self.follows_ncci and not self.invented


@dataclass(frozen=True, slots=True)
class Amount:
    """A published figure that changes with time: a factor, a share, a threshold; `of` narrows what it is about."""

    kind: str
    payer: str
    of: str
    since: Date | None
    until: Date | None
    value: float
    unit: str
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Skill:
    """Something a learner can do after practice, with the rules met on the way."""

    name: str
    says: str
    notebooks: tuple[str, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """What people publish, restated, and judged as it stands: true, false, or depends. `truth` says what is right."""

    id: str
    says: str
    verdict: str
    truth: str
    source: tuple[str, ...]
    topic: str


@dataclass(frozen=True, slots=True)
class Misconception:
    """An idea behind wrong answers: what its holder thinks, what is so, and the notebooks that put it right."""

    name: str
    thinks: str
    truth: str
    notebooks: tuple[str, ...]


# A visit ------------------------------------------------------------------------------------------------------------

FIELDS = ("did", "region", "side", "minutes", "at", "by", "encounter", "because", "own_need")


@dataclass(frozen=True, slots=True)
class Service:
    """One thing that was done. `minutes` are treatment minutes; `at` is a clock time or a block in order.

    `because` is the finding or purpose behind the service; `own_need` says that the note shows a need of its own, beyond
    what another service always holds. `quotes` pairs each fact with the words of the note that say it; the fact ""
    stands for all of the service.
    """

    did: str
    region: str = ""
    side: str = ""
    minutes: int | None = None
    at: int | str | None = None
    by: str = ""
    encounter: int = 1
    quotes: tuple[tuple[str, str], ...] = ()
    because: str = ""
    own_need: bool = False

    def words(self, *facts: str) -> tuple[str, ...]:
        """The note's words for these facts, or for the whole service where they have none of their own."""
        own = dict(self.quotes)
        said = [own[fact] for fact in facts if fact in own]
        return tuple(dict.fromkeys(said or [own.get("") or own.get("did", "")]))


@dataclass(frozen=True, slots=True)
class Document:
    """A fact about the visit as a whole: its value as text, and the words of the note that say it."""

    value: str
    quote: str = ""


# Identity stands for equality so that what a case amounts to can be kept beside it at no cost.
@dataclass(frozen=True, eq=False)
class Case:
    """A clinical note and the facts it documents, in clinic words."""

    date: Date
    payer: str
    provider: str
    note: str
    services: tuple[Service, ...]
    documents: Mapping[str, Document] = field(default_factory=dict)
    record: str = ""


# A claim ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """A line of a claim: code, units, modifiers in alphabetical order."""

    code: str
    units: int = 1
    modifiers: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join((self.code, f"x{self.units}", *self.modifiers))


@dataclass(frozen=True)
class Claim:
    """The lines billed, and the codes put to the provider as a question instead. Order means nothing."""

    lines: tuple[Line, ...] = ()
    asks: tuple[str, ...] = ()

    # What every rule asks of a claim: worked out once, as a grade asks each many times.
    # By label: the code, and `97110#2` for a second line of the same code.
    labelled: Mapping[str, Line] = field(init=False, repr=False, compare=False)
    codes: frozenset[str] = field(init=False, repr=False, compare=False)
    # All modifiers on the lines of each code.
    modifiers: Mapping[str, frozenset[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        lines = tuple(sorted(self.lines, key=_place))
        labelled: dict[str, Line] = {}
        modifiers: dict[str, frozenset[str]] = {}
        for line in lines:
            label, n = line.code, 2
            while label in labelled:
                label, n = f"{line.code}#{n}", n + 1
            labelled[label] = line
            modifiers[line.code] = modifiers.get(line.code, frozenset()).union(line.modifiers)
        put = object.__setattr__
        put(self, "lines", lines)
        put(self, "asks", tuple(sorted(set(self.asks))))
        put(self, "labelled", labelled)
        put(self, "codes", frozenset(modifiers))
        put(self, "modifiers", modifiers)

    def __str__(self) -> str:
        return ", ".join([*map(str, self.lines), *(f"{code} {ASK}" for code in self.asks)]) or NOTHING

    def units(self, code: str) -> int:
        """All units billed of a code."""
        return sum([line.units for line in self.lines if line.code == code])

    @staticmethod
    def parse(text: str) -> Claim:
        """Read `98940 x1, 97124 x1 XS`. Raises `Unreadable` with what is wrong and how to write it."""
        return _parse(text)


@lru_cache(maxsize=512)
def _parse(text: str) -> Claim:
    text = text.strip()
    if text.lower() == NOTHING:
        return Claim()
    pieces = text.split(",")
    if len(pieces) > MOST_LINES:
        raise Unreadable(f"A claim of {len(pieces)} lines is too long; the limit is {MOST_LINES}.")
    lines, asks = [], []
    for piece in pieces:
        words = piece.upper().split()
        if len(words) == 2 and words[1] == ASK.upper():
            asks.append(_code(words[0], piece))
        else:
            lines.append(_line(words, piece))
    return Claim(tuple(lines), tuple(asks))


def _place(line: Line) -> tuple[int, Line]:
    """Where a line stands: visits, then manipulations, then the rest, so that column one mostly comes first."""
    return {"99": 0, "98": 1}.get(line.code[:2], 2), line


def _code(word: str, piece: str) -> str:
    if not _CODE.fullmatch(word):
        raise Unreadable(f"“{_clip(piece)}” does not start with a five-character code. Write a line like 97124 x1 XS.")
    return word


def _line(words: list[str], piece: str) -> Line:
    if not words:
        raise Unreadable("There is an empty line in the claim. Write lines like 97124 x1 XS, parted by commas.")
    code, units, modifiers = _code(words[0], piece), 1, words[1:]
    if modifiers and (counted := _UNITS.fullmatch(modifiers[0])):
        units, modifiers = int(counted[1]), modifiers[1:]
    if not 1 <= units <= MOST_UNITS:
        raise Unreadable(f"“{_clip(piece)}” bills {units} units. Units run from 1 to {MOST_UNITS}; "
                         "to bill none, leave the line out.")  # fmt: skip
    for word in modifiers:
        if not _MODIFIER.fullmatch(word):
            raise Unreadable(f"“{_clip(word)}” in “{_clip(piece)}” is not a modifier. Modifiers have two characters, "
                             "units are written x1.")  # fmt: skip
    return Line(code, units, tuple(sorted(set(modifiers))))


def _clip(text: str, most: int = 40) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"


# Judgment -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a rule has to say. `line` is a label of the claim, a due code, or "" for the whole visit.

    `advice` costs nothing. `quotes` are the words of the note that the finding rests on. Rules leave `rule`,
    `heading`, `source` and `part` to the engine, which fills them from the rule unless the finding says otherwise.
    `misconception` is the idea that a wrong option of a keyed form shows, where its author names one.
    """

    line: str
    says: str
    quotes: tuple[str, ...] = ()
    part: str = ""
    rule: str = ""
    heading: str = ""
    source: str = ""
    advice: bool = False
    misconception: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: `check` yields findings; its name is the id and its docstring the sentence that learners read.

    `when` tells from the visit alone that the rule has nothing to say about any claim for it.
    """

    check: Callable[..., Iterable[Finding]]
    heading: str
    source: str
    since: Date | None = None
    until: Date | None = None
    advice: bool = False
    when: Callable[..., object] | None = None

    @property
    def id(self) -> str:
        """The name of the function."""
        return self.check.__name__

    @property
    def says(self) -> str:
        """The rule in one sentence."""
        return " ".join((self.check.__doc__ or "").split())


@dataclass(frozen=True, slots=True)
class Grade:
    """What an answer is worth. `lines` are (label, stands) in play; `parts` count (right, of) or are None."""

    answer: str
    lines: tuple[tuple[str, bool], ...]
    findings: tuple[Finding, ...]
    score: float
    parts: Mapping[str, tuple[int, int] | None]

    @property
    def solved(self) -> bool:
        """Whether no finding costs anything."""
        return not any(not finding.advice for finding in self.findings)

    @property
    def best(self) -> bool:
        """Whether there is no finding at all."""
        return not self.findings


# The course ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Exercise:
    """All that a learner may see. `forms` maps each form, in the order asked, to what it asks."""

    name: str
    folder: str
    title: str
    skills: tuple[str, ...]
    hints: tuple[str, ...]
    statements: tuple[str, ...]
    text: str
    date: Date | None
    payer: str
    provider: str
    note: str
    shows: Mapping[str, tuple]
    forms: Mapping[str, Mapping]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Told:
    """Feedback written by an author: what is true, where it is written, and the misconception behind the answer if any."""

    says: str
    source: str
    misconception: str = ""


@dataclass(frozen=True, eq=False)
class Misstep:
    """A wrong claim, the findings it must raise (line to rules), and the thinking that leads there with its name."""

    claim: Claim
    finds: Mapping[str, tuple[str, ...]]
    thinking: str
    misconception: str


@dataclass(frozen=True, eq=False)
class Solution:
    """All that a learner may not see before answering. `keys` maps each keyed form to its key.

    `shows` are the pictures that come with `why`.
    """

    case: Case | None
    claim: Claim | None
    also: tuple[Claim, ...]
    why: str
    missteps: tuple[Misstep, ...]
    keys: Mapping[str, Key]
    shows: Mapping[str, tuple] = field(default_factory=dict)

    @cached_property
    def foreseen(self) -> dict[str, Misstep]:
        """The missteps by their claims."""
        return {str(misstep.claim): misstep for misstep in self.missteps}


@dataclass(frozen=True, eq=False)
class Key:
    """The key of a keyed form. `right` is an id, a set of ids, a mapping card to bin, an order, or a number.

    `told` explains each option, card or step; for a number it maps "right" and each likely wrong value to a reason.
    """

    right: object
    told: Mapping[str, Told]
    tolerance: float = 0.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One submitted answer. Grades are not kept: they are worked out again, so mending a rule mends old marks."""

    id: str
    learner: str
    course: str
    exercise: str
    fingerprint: str
    form: str
    answer: str
    certainty: str = ""
    hints: int = 0
    seconds: float | None = None
    at: str = ""
