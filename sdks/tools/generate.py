"""Writes what is generated of the SDKs: snapshots of the documents, tables, and the types of three languages.

    python sdks/tools/generate.py            write everything
    python sdks/tools/generate.py --check    exit with 1 and a diff where a file is out of date

Run it after any change of a route, a frame, an error or a field, where what Netra needs is installed.
"""

import argparse
import difflib
import json
import sys
from pathlib import Path
from typing import Any

SDKS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(Path(__file__).resolve().parent), str(SDKS.parent / "src")]  # of this checkout

from languages import go, python, typescript  # noqa: E402 (neighbours of this script)
from tables import api_page, errors_table, methods_table  # noqa: E402

Json = dict[str, Any]


def documents() -> tuple[Json, Json]:
    """Return the service's OpenAPI and AsyncAPI documents, with every route that a setting can switch off."""
    from netra.entrypoints.app import create_app
    from netra.entrypoints.http.documents import openapi_document
    from netra.entrypoints.websocket import asyncapi
    from netra.settings import Settings

    openapi = openapi_document(create_app(Settings(registration=True, data=Path("never-opened"))).litestar)
    plain: Json = json.loads(json.dumps(openapi))
    return plain, json.loads(asyncapi.document())


def schemas_of(openapi: Json, asyncapi: Json) -> Json:
    """Return the schemas of both documents. Raises `ValueError` when two of one name differ."""
    found: Json = dict(openapi["components"]["schemas"])
    for name, schema in asyncapi["components"]["schemas"].items():
        if found.setdefault(name, schema) != schema:
            raise ValueError(f"the schema {name} differs between the OpenAPI and the AsyncAPI document")
    return {name: schema for name, schema in sorted(found.items()) if not _is_frame(schema)}


def _is_frame(schema: Json) -> bool:
    """Return whether the schema is an envelope of the socket, which the SDKs take apart."""
    return "const" in schema.get("properties", {}).get("type", {})


def generated() -> dict[Path, str]:
    """Return the content of every generated file."""
    openapi, asyncapi = documents()
    schemas = schemas_of(openapi, asyncapi)
    methods = methods_table(openapi, SDKS / "spec" / "methods.json")
    files = {
        "spec/openapi.json": _json(openapi),
        "spec/asyncapi.json": _json(asyncapi),
        "spec/methods.json": _json(methods),
        "spec/errors.json": _json(errors_table()),
        "python/src/netra_sdk/types.py": python.types(schemas),
        "typescript/src/types.ts": typescript.types(schemas),
        "go/types.go": go.types(schemas),
    }
    files |= {
        f"{language}/api.md": api_page(language, methods) for language in ("python", "typescript", "go")
    }
    return {SDKS / name: text for name, text in files.items()}


def out_of_date() -> str:
    """Return the difference between the files and what would be generated; empty if there is none."""
    found: list[str] = []
    for path, text in generated().items():
        present = path.read_text() if path.exists() else ""
        name = str(path.relative_to(SDKS.parent))
        found += difflib.unified_diff(
            present.splitlines(), text.splitlines(), name, f"{name} (generated)", lineterm=""
        )
    return "\n".join(found)


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    """Write the files, or check them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit with 1 if a file is out of date"
    )
    if parser.parse_args().check:
        difference = out_of_date()
        sys.stdout.write(difference + "\n" if difference else "")
        return 1 if difference else 0
    for path, text in generated().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
