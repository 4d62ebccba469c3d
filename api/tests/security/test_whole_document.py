"""Every operation of the OpenAPI document, tried with whatever its schemas allow and with what they don't: no answer is a fault
of the manager, and none is outside the document.
"""

import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.generation.case import Case
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks

from tests.security.furnished import Furnished, furnished_manager
from vintagestory_api.main import create_app

#: Of each operation.
EXAMPLES = 100 if os.environ.get("VS_TEST_ALL_FAULTS") else 6
TIMEOUT_SECONDS = 100
Key = tuple[str, str]
AnyCase = Case[Any]
Operation = APIOperation[Any, Any, Any, Any]

#: Not tried here, and where they are.
APART: dict[Key, str] = {
    ("GET", "/api/v1/events"): "an answer without an end: tests/live/test_stream.py, and who gets it: tests/test_role_matrix.py",
}
#: What takes away what others are tried on: after them, in this order.
LAST: tuple[Key, ...] = (
    ("DELETE", "/api/v1/schedules/{schedule_id}"),
    ("DELETE", "/api/v1/notification-targets/{target_id}"),
    ("DELETE", "/api/v1/offsite-targets/{target_id}"),
    ("DELETE", "/api/v1/backups/{backup_id}"),
    ("DELETE", "/api/v1/tokens/{token_id}"),
    ("DELETE", "/api/v1/users/{user_id}"),
    ("DELETE", "/api/v1/installed-versions/{version}"),
    ("DELETE", "/api/v1/servers/{server_id}"),
)
#: The only 5xx: these are about somebody else, who is not there during the test.
SOMEBODY_IS_AWAY = {
    "upstream_failed",
    "upstream_open_circuit",
    "mod_database_unavailable",
}
CHECKS: list[Any] = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    with furnished_manager(tmp_path_factory.mktemp("furnished")) as house:
        yield house


@pytest.fixture(scope="module")
def operations() -> dict[Key, Operation]:
    schema = schemathesis.openapi.from_dict(create_app().openapi())
    schema.config.generation.update(with_security_parameters=False)  # else most requests would end at the door
    found = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    assert len(found) > 150
    return {(operation.method.upper(), operation.path): operation for operation in found}


@pytest.mark.fault
@pytest.mark.timeout(7200 if EXAMPLES > 10 else 300)
def test_no_answer_is_a_fault_or_outside_the_document(house: Furnished, operations: dict[Key, Operation]) -> None:
    tried = [key for key in operations if key not in APART and key not in LAST]
    findings: dict[str, str] = {}
    answered: set[Key] = set()
    with requests.Session() as session:
        session.trust_env = False
        for key in [*tried, *LAST]:
            _try(operations[key], partial(_ask, house, session, key, findings, answered))
    assert not findings, "\n\n".join(findings.values())
    assert len(answered) == len(operations) - len(APART)


def test_what_is_treated_apart_is_in_the_document(operations: dict[Key, Operation]) -> None:
    assert {*APART, *LAST} <= set(operations)


def _try(operation: Operation, ask: Callable[[AnyCase], None]) -> None:
    """The same cases each time: half of them as the schemas want them, half not."""
    cases = [operation.as_strategy(generation_mode=GenerationMode.POSITIVE)]
    if operation.body or any(True for _ in operation.iter_parameters()):
        cases.append(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.one_of(cases))
    def each(case: AnyCase) -> None:
        ask(case)

    each()


def _ask(
    house: Furnished, session: requests.Session, key: Key, findings: dict[str, str], answered: set[Key], case: AnyCase
) -> None:
    if case.meta is None or case.meta.generation.mode is GenerationMode.POSITIVE:
        _name_what_is_there(house, case)
    headers = {"X-API-Key": house.manager.token}
    answer = case.call(base_url=house.manager.url, session=session, headers=headers, timeout=TIMEOUT_SECONDS)
    answered.add(key)
    problem = answer.json() if answer.status_code >= 400 else {}
    if answer.status_code >= 500 and (answer.status_code != 503 or problem["code"] not in SOMEBODY_IS_AWAY):
        said = house.what_went_wrong(problem["error_id"]) if "error_id" in problem else ""
        findings.setdefault(f"{key} {answer.status_code} {problem['code']}", f"{key}\n{problem}\n{case!r}\n{said}")
        return
    try:
        case.validate_response(answer, checks=CHECKS)
    except (Failure, FailureGroup) as failed:
        for failure in failed.exceptions if isinstance(failed, FailureGroup) else [failed]:
            findings.setdefault(f"{key} {answer.status_code} {failure.title}", f"{key}\n{failure}\n{case!r}")


def _name_what_is_there(house: Furnished, case: AnyCase) -> None:
    for name in case.path_parameters or {}:
        if values := house.ids.get(name):
            case.path_parameters[name] = values[len(str(case.query)) % len(values)]
