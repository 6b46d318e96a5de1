"""The documents: what is sent is what they say, and the page needs no other server."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance
from tests.servers.doors import Doors

from netra.entrypoints.app import create_app
from netra.entrypoints.http.documents import openapi_document

from .conftest import PASSWORD, settings_for, sign_up_at

INVENTED = {"cursor", "Idempotency-Key", "redirect_uri"}  # docs/security.md says why
UNCHECKED = {
    "/api/auth/google/callback": [positive_data_acceptance],  # its code and state cannot be invented
    # fragments of the example disagree: `workload_id` given twice, differently
    "/api/agent/execute": [positive_data_acceptance],
    # the name of a time zone cannot be invented, nor a window that ends after it begins
    "/api/workloads/{workload_id}/overview": [positive_data_acceptance],
    # a bad row of a batch is rejected alone, with 200
    "/api/workloads/{workload_id}/events": [negative_data_rejection],
}


def guessable() -> dict[str, Any]:
    """Return the document without the parameters whose values nobody can guess."""
    raw = openapi_document(create_app(settings_for(Path("never-opened"))).litestar)
    for methods in raw["paths"].values():
        for operation in methods.values():
            kept = [given for given in operation["parameters"] if given["name"] not in INVENTED]
            operation["parameters"] = kept
            operation.pop("security", None)  # the test signs every request itself
    filling = raw["paths"]["/api/workloads/{workload_id}/events"]["post"]["requestBody"]["content"]
    del filling["text/csv"]  # the columns of a table cannot be invented
    # at the bounds of an id it sends one media type's body under the other's name
    for given in raw["paths"]["/api/workloads/{workload_id}/events"]["post"]["parameters"]:
        given["schema"].pop("maxLength", None)
        given["schema"].pop("pattern", None)
    return raw


@schemathesis.serializer("application/x-ndjson")
def one_line(ctx: Any, value: Any) -> bytes:
    """Return a body of one line."""
    return str(value).encode()


@pytest.fixture(scope="session")
def described() -> Any:
    """The document as the fuzzer reads it, which takes it seconds: here once, and not in every worker."""
    return schemathesis.openapi.from_dict(guessable())


@pytest.fixture(autouse=True)
def node_id_as_the_fuzzer_asks_for_it(request: pytest.FixtureRequest) -> None:
    """Keep the private name that pytest has given up and schemathesis 4.32 still reads."""
    request.node._nodeid = request.node.nodeid


anything = schemathesis.pytest.from_fixture("described")
fuzzing = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="session")
def document(anyone: httpx.Client) -> dict[str, Any]:
    """The OpenAPI document."""
    body: dict[str, Any] = anyone.get("/openapi.json").raise_for_status().json()
    return body


@pytest.fixture(scope="session")
def guinea_pig(embedded_doors: Doors) -> Iterator[httpx.Client]:
    """An account whose sessions anything may happen to, where an identity provider is set up too."""
    with sign_up_at(embedded_doors.first, "guinea-pig@example.com") as client:
        yield client


def assert_documented(case: Any, client: httpx.Client) -> None:
    """Send it, signed in, and hold the answer against the document."""
    if not client.get("/api/auth/me").is_success:  # the case before may have ended the session
        pair = {"email": "guinea-pig@example.com", "password": PASSWORD}
        token = client.post("/api/auth/login", json=pair).raise_for_status().json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
    case.call_and_validate(
        base_url=str(client.base_url).rstrip("/"),
        headers={"Authorization": client.headers["Authorization"]},
        excluded_checks=UNCHECKED.get(case.path, []),
    )


@pytest.mark.long(2)
@anything.include(path_regex="^/api/auth").parametrize()
@fuzzing
def test_every_answer_about_accounts_is_documented(case: Any, guinea_pig: httpx.Client) -> None:
    assert_documented(case, guinea_pig)


@pytest.mark.long(2)
@anything.include(path_regex="^/api/workloads").parametrize()
@fuzzing
def test_every_answer_about_workloads_is_documented(case: Any, guinea_pig: httpx.Client) -> None:
    assert_documented(case, guinea_pig)


@pytest.mark.long(2)
@anything.exclude(path_regex="^/api/(auth|workloads)").parametrize()
@fuzzing
def test_every_other_answer_is_documented(case: Any, guinea_pig: httpx.Client) -> None:
    assert_documented(case, guinea_pig)


def test_every_operation_that_asks_for_a_sign_in_does(anyone: httpx.Client, document: dict[str, Any]) -> None:
    secured = [
        (method, path)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if operation["security"]
    ]
    assert len(secured) > 15
    for method, path in secured:
        answer = anyone.request(method, re.sub(r"\{[^}]+\}", "some-id", path))
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer"), path


def test_the_document_is_openapi_3_1_and_names_every_documented_route(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    documented = {
        ("post", "/api/auth/login"),
        ("post", "/api/auth/logout"),
        ("get", "/api/auth/me"),
        ("get", "/api/auth/google/authorize"),
        ("get", "/api/auth/google/callback"),
        ("post", "/api/agent/execute"),
        ("get", "/api/agent/status/{run_id}"),
        ("get", "/api/agent/history"),
        ("get", "/api/threads"),
        ("get", "/api/threads/{thread_id}"),
        ("delete", "/api/threads/{thread_id}"),
        ("get", "/health"),
        ("get", "/health/ready"),
        ("get", "/health/dependencies"),
        ("get", "/api/config"),
    }
    found = {(method, path) for path, methods in document["paths"].items() for method in methods}
    assert documented <= found


def test_every_operation_has_its_own_name_and_words(document: dict[str, Any]) -> None:
    operations = [one for methods in document["paths"].values() for one in methods.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert all(operation["summary"] and operation["description"] for operation in operations)


def resolved(answer: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """Return the response, also where the document refers to a shared one."""
    name = answer.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = document["components"]["responses"][name] if name else answer
    return found


def test_every_refusal_is_documented_as_the_envelope(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert {"400", "500"} <= set(operation["responses"]), path
            for status, answer in operation["responses"].items():
                whole = resolved(answer, document)
                assert {"X-Request-ID", "X-API-Version"} <= set(whole["headers"]), (path, status)
            if operation["security"]:
                assert {"401", "429"} <= set(operation["responses"]), path
                refused = resolved(operation["responses"]["401"], document)
                schema = refused["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Envelope"}


@pytest.mark.parametrize("path", ["/openapi.json", "/schema/openapi.json", "/v2/openapi.json"])
def test_the_document_stands_at_the_usual_places(
    anyone: httpx.Client, document: dict[str, Any], path: str
) -> None:
    assert anyone.get(path).json() == document


def test_the_socket_has_a_document_too(anyone: httpx.Client) -> None:
    answer = anyone.get("/asyncapi.json")
    assert answer.headers["Content-Type"].startswith("application/vnd.aai.asyncapi+json")
    assert "asyncapi" in answer.json()


@pytest.mark.parametrize("path", ["/", "/docs", "/schema"])
def test_the_page_and_all_it_loads_come_from_here(anyone: httpx.Client, path: str) -> None:
    page = anyone.get(path)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert loaded
    for link in loaded:
        assert link.startswith("/"), link
        part = anyone.get(link)
        assert part.status_code == 200, link
        assert "://" not in part.text.replace("http://www.w3.org/2000/svg", "") or "json" in link, link


def test_the_favicon_is_local(anyone: httpx.Client) -> None:
    answer = anyone.get("/favicon.ico")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/svg+xml")


def test_a_part_the_page_does_not_have_is_404(anyone: httpx.Client) -> None:
    assert anyone.get("/docs/secrets.txt").json()["error"]["code"] == "NOT_FOUND"
