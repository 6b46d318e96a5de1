"""The snapshots and generated files of the SDKs are those of the service as it is."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.waiting import COMMAND_S

SDKS = Path(__file__).parents[2] / "sdks"


def spec(name: str) -> Any:
    return json.loads((SDKS / "spec" / f"{name}.json").read_text())


def test_every_generated_file_is_up_to_date() -> None:
    command = [sys.executable, str(SDKS / "tools" / "generate.py"), "--check"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_S, check=False)
    advice = "run `python sdks/tools/generate.py` and commit what it writes"
    assert ran.returncode == 0, f"{advice}\n{ran.stdout[-4000:]}{ran.stderr[-4000:]}"


def test_every_operation_has_a_method_in_each_sdk_or_a_reason_why_not() -> None:
    """One without a name is new: name its methods in sdks/spec/methods.json, or state why it has none."""
    nameless = [
        name
        for name, row in spec("methods").items()
        if not row.get("excluded") and not all(row[language] for language in ("python", "typescript", "go"))
    ]
    assert nameless == []


@pytest.mark.parametrize("document", ["openapi", "asyncapi"])
def test_schemas_are_free_of_the_forms_that_generators_cannot_read(document: str) -> None:
    schemas = spec(document)["components"]["schemas"]
    for name, schema in schemas.items():
        for inner in objects_in(schema):
            assert "enum" not in inner or inner["type"] == "string", name
            assert {} not in inner.get("anyOf", ()), name
            assert "allOf" not in inner, name


def test_instants_say_that_they_are() -> None:
    for schema in spec("openapi")["components"]["schemas"].values():
        for name, inner in schema.get("properties", {}).items():
            if name.endswith("_at") and name != "cached_at":
                forms = [one.get("format") for one in inner.get("anyOf", [inner]) if one != {"type": "null"}]
                assert forms == ["date-time"], (schema["title"], name)


def test_both_documents_describe_a_schema_alike() -> None:
    one, other = (spec(name)["components"]["schemas"] for name in ("openapi", "asyncapi"))
    for name in one.keys() & other.keys():
        assert one[name] == other[name], name
    assert {"Ask", "Advice", "AgentResultData"} <= one.keys() & other.keys()


def test_every_operation_states_its_security_and_its_error_codes() -> None:
    document = spec("openapi")
    known = set(spec("errors"))
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert "security" in operation, path
            assert set(operation["x-error-codes"]) <= known, path
            assert operation["tags"][0] in {tag["name"] for tag in document["tags"]}, path


def objects_in(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        return [value, *(found for inner in value.values() for found in objects_in(inner))]
    return [found for inner in value for found in objects_in(inner)] if isinstance(value, list) else []
