"""What the document says of sizes: completed for what a client sends, whatever it says itself left alone."""

from typing import Any

from netra.entrypoints.http.restrictions import restricted, sent_by_clients
from netra.entrypoints.schemas import INT_64, NO_NUL, TEXT_MAX


def made(schema: dict[str, Any], *, place: str = "path") -> dict[str, Any]:
    parameter = {"name": "p", "in": place, "schema": schema}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Sent"}}}}
    inner = {"properties": {"n": {"type": "integer", "maximum": 5}, "s": {"type": "string"}}}
    return {
        "paths": {"/x/{p}": {"post": {"parameters": [parameter], "requestBody": body}}},
        "components": {
            "schemas": {
                "Sent": {"items": [{"$ref": "#/components/schemas/Inner"}]},
                "Inner": inner,
                "Answered": {"properties": {"n": {"type": "integer"}, "s": {"type": "string"}}},
            }
        },
    }


def test_only_what_a_client_sends_is_bounded() -> None:
    document = made({"type": "string"})
    schemas = restricted(document)["components"]["schemas"]
    assert sent_by_clients(document) == {"Sent", "Inner"}
    bounded = {"type": "integer", "format": "int64", "minimum": INT_64["minimum"], "maximum": 5}
    assert schemas["Inner"]["properties"]["n"] == bounded
    assert schemas["Inner"]["properties"]["s"] == {"type": "string", "pattern": NO_NUL, "maxLength": TEXT_MAX}
    answered = {"n": {"type": "integer", "format": "int64"}, "s": {"type": "string"}}
    assert schemas["Answered"]["properties"] == answered


def test_ids_in_paths_are_well_formed_and_what_says_its_own_is_left_alone() -> None:
    def parameter(schema: dict[str, Any], place: str = "path") -> dict[str, Any]:
        (given,) = restricted(made(schema, place=place))["paths"]["/x/{p}"]["post"]["parameters"]
        found: dict[str, Any] = given["schema"]
        return found

    assert parameter({"type": "string"})["maxLength"] == 64
    assert parameter({"type": "string", "enum": ["a"]}, "query") == {"type": "string", "enum": ["a"]}
    assert parameter({"type": "boolean"}, "query") == {"type": "boolean"}


def test_the_document_that_was_given_stays_as_it_is() -> None:
    document = made({"type": "string"})
    restricted(document)
    assert document == made({"type": "string"})
