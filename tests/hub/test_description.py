"""The service does what its OpenAPI description says, whatever is sent to it."""

import json

import pytest
from grading import SMALL, an_attempt
from hypothesis import HealthCheck, Phase, given, settings
from leaks import leaked, secrets

schemathesis = pytest.importorskip("schemathesis")

ANN = {"Authorization": "token token-of-ann"}
LOOK = settings(
    max_examples=40, deadline=None, database=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
POSITIVE, NEGATIVE = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE


@pytest.fixture
def description(workshop):
    service = workshop("score only")
    schema = schemathesis.openapi.from_url(f"{service.url}/openapi.json")
    schema.service = service
    return schema


def operations(schema):
    return {f"{one.ok().method.upper()} {one.ok().path.removeprefix('/services/grader')}": one.ok() for one in schema.get_all_operations()}  # fmt: skip


def asked(schema, operation, mode):
    """Requests that schemathesis makes of an operation, each held against the description; their responses."""
    heard = []

    @LOOK
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        response = case.call(base_url=f"http://127.0.0.1:{schema.service.port}", headers=ANN, timeout=10)
        heard.append(response)
        case.validate_response(response)

    ask()
    return heard


def test_the_description_names_every_address_that_programs_use(description):
    assert set(operations(description)) == {
        "POST /attempts", "GET /attempts", "GET /exercises/{name}", "GET /health", "GET /metrics",
    }  # fmt: skip


@pytest.mark.parametrize("mode", [POSITIVE, NEGATIVE], ids=["as described", "against the description"])
def test_whatever_is_sent_the_answer_is_as_described(description, mode):
    secret, count = secrets(SMALL / "solutions"), 0
    for operation in operations(description).values():
        heard = asked(description, operation, mode) if mode == POSITIVE or operation.body or operation.query else []
        count += len(heard)
        assert {one.status_code for one in heard} & {500, 502, 503} == set()
        assert leaked(secret, [one.content for one in heard]) == set()
        assert not any(word in one.text for one in heard for word in ("Traceback", "psycopg", "site-packages"))
    assert count > 60


def test_the_check_against_the_description_can_fail(description):
    """One that finds nothing in a wrong response would find nothing anywhere."""
    operation = operations(description)["POST /attempts"]
    case = operation.Case(body=an_attempt(description.service.course), media_type="application/json")
    right, wrong = (case.call(base_url=f"http://127.0.0.1:{description.service.port}", headers=ANN) for _ in range(2))
    case.validate_response(right)
    wrong.content = json.dumps({"status": 7}).encode()
    with pytest.raises(schemathesis.core.failures.FailureGroup):
        case.validate_response(wrong)
