"""What goes over the wire, as the description of the service tells it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ..desk import MOST_DISPUTE
from ..engine import MOST_ANSWER
from ..model import DISPUTE, FORMS

NAME = r"^[a-z][a-z0-9_]{0,79}$"
REFUSALS = {
    400: "It is not JSON.",
    401: "There is no token, or the hub does not know it.",
    403: "The hub knows who asks, and this is not for them.",
    404: "The course has no such exercise.",
    409: "It was understood and not kept: too early, no more tries, changed words, or an id that is taken.",
    413: "It is larger than an answer can be.",
    415: "It is not called JSON.",
    422: "It cannot be read; it was not kept and does not count as a try.",
    429: "Too many requests came from this learner at once.",
    503: "The hub or the database is away. Sending the same again is safe.",
}


def _whole(value: Any) -> Any:
    """JSON has one kind of number: 2.0 is the whole number 2."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class Sent(BaseModel):
    """An attempt as a kernel sends it. Who answers and when is for the service to know."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$", description="made by the sender; the same for each sending")]
    exercise: Annotated[str, Field(pattern=NAME)]
    fingerprint: Annotated[str, Field(pattern=r"^[0-9a-f]{12}$", description="of the wording that was answered")]
    form: Literal[(*FORMS, DISPUTE)]  # type: ignore[valid-type]
    # PostgreSQL keeps every character but one.
    answer: Annotated[str, Field(pattern=r"^[^\x00]+$", max_length=max(MOST_ANSWER, MOST_DISPUTE))]
    certainty: Literal["", "sure"] = ""
    hints: Annotated[int, Field(ge=0, le=100), BeforeValidator(_whole)] = 0
    seconds: Annotated[float, Field(ge=0, le=10**7, allow_inf_nan=False, strict=False)] | None = None


class Said(BaseModel):
    """A refusal: one word for programs, one sentence for people."""

    model_config = ConfigDict(extra="forbid")

    status: str
    headline: str


class Ready(BaseModel):
    """Answers can be kept."""

    status: Literal["ok"]


class Answered(BaseModel):
    """What the learner has earned to read about an answer; forms and terminals show it as it is."""

    status: Literal["graded", "recorded"]
    headline: str
    tries: int
    solved: bool
    score: float
    lines: list[dict[str, Any]]
    why: str
    answers: str


class Form(BaseModel):
    """The last answer to one form of an exercise. `reply` is null where it was given to an earlier wording."""

    tries: int
    answer: str
    hints: int
    reply: Answered | None


class Mine(BaseModel):
    """Where a learner stands on an exercise, by form."""

    forms: dict[str, Form]


class Row(BaseModel):
    """An attempt as it is kept."""

    id: str
    learner: str
    course: str
    exercise: str
    fingerprint: str
    form: str
    answer: str
    certainty: str
    hints: int
    seconds: float | None
    at: str
    score: Annotated[float | None, Field(description="from 0 to 1; null where the learner may not know yet")]


class Own(BaseModel):
    """A learner's own attempts."""

    attempts: list[Row]


def described(model: type[BaseModel] | None, *same: int, body: type[BaseModel] | None = None, media: str = "") -> dict[str, Any]:  # fmt: skip
    """What a route takes and answers, for the description: `model` on success (and on the codes `same`), or refusals."""
    codes = REFUSALS if body else {code: REFUSALS[code] for code in (401, 403, 404, 422, 429, 503)}
    responses: dict[int, Any] = {code: {"model": Said, "description": says} for code, says in codes.items()}
    success = 201 if body else 200
    for code in (success, *same):
        responses[code] = {"model": model, "description": "Kept before." if code in same else "Done."}
    if media:
        responses[200] = {"content": {media: {"schema": {"type": "string"}}}, "description": "Done."}
    more: dict[str, Any] = {"security": [{"hub": []}]}
    if body:
        schema = body.model_json_schema(ref_template="#/components/schemas/{model}")
        more["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return {"responses": responses, "openapi_extra": more}
