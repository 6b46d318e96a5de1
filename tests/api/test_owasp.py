"""The OpenAPI document under the OWASP rules of spectral: nothing is found that is not explained."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.system.oidc.conftest import CACHE
from tests.waiting import COMMAND_S

from netra.entrypoints.app import create_app
from netra.entrypoints.http.documents import openapi_document as document
from netra.entrypoints.http.restrictions import sent_by_clients

from .conftest import settings_for

PACKAGES = ["@stoplight/spectral-cli@6.16.3", "@stoplight/spectral-owasp-ruleset@2.0.1"]
FOLDER = CACHE.parent / "spectral"
PAGE = (Path(__file__).parents[2] / "docs" / "security.md").read_text()
UNCOUNTED = {"/api/workloads/{workload_id}/litellm"}  # those of a sender that does not repeat


@pytest.fixture(scope="session")
def spectral() -> Path:
    """Return a folder with the lint in it, installed once outside the repository."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.fail("node and npm are needed to run the lint")
    if not (FOLDER / "node_modules" / ".package-lock.json").exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        options = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(FOLDER)]
        command = ["npm", "install", *options, *PACKAGES]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_S, check=False)
        if ran.returncode != 0:
            pytest.fail(f"npm could not install the lint: {ran.stderr.strip().splitlines()[-1:]}")
    return FOLDER


@pytest.fixture(scope="session")
def described() -> dict[str, Any]:
    """The document as it is sent."""
    made = document(create_app(settings_for(Path("never-opened"))).litestar)
    sent: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(made))
    return sent


@pytest.fixture(scope="session")
def findings(
    spectral: Path, described: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("owasp")
    (folder / "openapi.json").write_bytes(msgspec.json.encode(described))
    rules = spectral / "node_modules" / "@stoplight" / "spectral-owasp-ruleset" / "dist" / "ruleset.mjs"
    ruleset = folder / "rules.json"
    ruleset.write_text(json.dumps({"extends": [str(rules)]}))
    ran = subprocess.run(
        [
            str(spectral / "node_modules" / ".bin" / "spectral"),
            *("lint", str(folder / "openapi.json"), "--ruleset", str(ruleset)),
            *("--format", "json", "--quiet"),
        ],
        capture_output=True,
        text=True,
        timeout=COMMAND_S,
        check=False,
        env={**os.environ, "NODE_NO_WARNINGS": "1"},
    )
    assert ran.stdout.startswith("["), ran.stderr
    found: list[dict[str, Any]] = json.loads(ran.stdout)
    return found


def public_operations(described: dict[str, Any]) -> set[str]:
    return {
        f"{method.upper()} {path}"
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
        if not operation["security"]
    }


def place(finding: dict[str, Any], described: dict[str, Any]) -> str:
    """Return where in the document it was found, in the words of the page."""
    path = finding["path"]
    if path[-1] == "schema" and "responses" in path:
        return "answers"
    if path[:2] == ["components", "responses"]:
        return "public operations"  # those without a limit
    if path[:3] == ["paths", "/api/audit", "get"] and "parameters" in path:
        return "account numbers"
    if path[0] == "paths" and path[1] in UNCOUNTED and path[-1] == "headers":
        return "uncounted operations"
    if path[0] == "paths":
        is_public = f"{path[2].upper()} {path[1]}" in public_operations(described)
        return "public operations" if is_public and "parameters" not in path else ".".join(map(str, path))
    is_sent = path[1] == "schemas" and path[2] in sent_by_clients(described)
    return ".".join(map(str, path)) if is_sent or path[1] not in {"schemas", "headers"} else "answers"


def test_what_is_found_is_what_the_page_explains(
    findings: list[dict[str, Any]], described: dict[str, Any]
) -> None:
    rows = re.findall(r"^\| (`api.*?) \| ([a-z ]+) \| .+ \|$", PAGE, re.MULTILINE)
    explained = {(rule, where) for rules, where in rows for rule in re.findall(r"`([^`]+)`", rules)}
    found = {(one["code"].removeprefix("owasp:"), place(one, described)) for one in findings}
    assert found == explained


def test_the_operations_without_a_sign_in_are_those_that_the_page_names(described: dict[str, Any]) -> None:
    (listed,) = re.findall(r"^Operations without a sign-in: (.*?)\n\n", PAGE, re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"`([A-Z]+ /[^`]+)`", listed)) == public_operations(described)


def test_no_object_that_a_client_sends_takes_fields_that_nobody_reads(described: dict[str, Any]) -> None:
    """API3: what is not in the schema is refused; `parameters` alone are kept as they come."""
    schemas = described["components"]["schemas"]
    for name in sent_by_clients(described):
        if schemas[name].get("type") == "object":
            assert schemas[name]["additionalProperties"] is False, name


def test_numbers_beyond_every_store_and_unknown_fields_are_refused(user: httpx.Client) -> None:
    workload = user.post("/api/workloads", json={"name": "large"}).json()["id"]
    for proposal in ({"cache_ttl_s": 10**30}, {"max_output_tokens": 2**63}, {"replica": 1}):
        answer = user.post(f"/api/workloads/{workload}/simulate", json=proposal)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "VALIDATION_ERROR"), proposal
