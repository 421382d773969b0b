"""The API called with what its description allows, and with what it does not: never a failure of ours.

``FUZZ_EXAMPLES=10000`` asks for more examples than the 300 of every run, shared by the calls.
"""

import os

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "300"))
CALLS = [("/ask", "POST"), ("/search", "GET"), ("/feedback", "POST")]
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]


@pytest.fixture(scope="module")
def api(served):
    """The description of the API, bound to a real server on loopback."""
    with served() as (url, _):
        yield schemathesis.openapi.from_url(f"{url}/api/v1/openapi.json")


def test_all_calls_are_here(api):
    found = {(o.ok().path, o.ok().method.upper()) for o in api.get_all_operations()}
    assert found == set(CALLS)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
@pytest.mark.parametrize(("path", "method"), CALLS)
def test_no_call_fails(api, path, method, mode):
    @seed(20261125)
    @settings(
        max_examples=EXAMPLES // len(CALLS) // len(MODES),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(case=api[path][method].as_strategy(generation_mode=mode))
    def called(case):
        response = case.call()
        case.validate_response(response, checks=CHECKS)

    called()
