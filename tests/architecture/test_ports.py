"""Every port has a contract suite, and every adapter of it a row there."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import netra.adapters
import netra.ports

ROOT = Path(__file__).parents[2]
CONTRACTS = sorted((ROOT / "tests" / "contracts").glob("*.py"))

PART_OF = {
    "Block": "TelemetryDecoder",  # what decoding returns
    "Subscription": "RunFeed",  # what the feed returns; the feed's suite reads it
    "EventLeftovers": "EventLog",  # only the SQL log has leftovers: unit/adapters/sql/calls
}
TESTED_BY = {
    "AuditLines": "unit/adapters/local/test_audit_lines.py",
    "DatabaseClock": "system/test_postgres_tries.py",
    "FileRequestLogs": "unit/adapters/files/test_reader.py",
    "GenaiPriceAudit": "unit/adapters/prices/test_price_audit.py",
    "GenaiPriceBook": "unit/adapters/prices/test_book.py",
    "LoggedIncidents": "unit/adapters/local/test_incidents.py",
    "MemoryEventArchive": "unit/domain/workloads/test_delivery.py",
    "OtlpDecoder": "unit/adapters/otlp/test_protobuf_bodies.py",
    "OpenIdProvider": "system/oidc/test_hostile_issuer.py",
    "SecretPromptKeys": "unit/domain/telemetry/test_destinations.py",
    "SystemClock": "unit/adapters/local/test_system_clock.py",
}
"""Adapters whose promises only their own technology can break, or that are the port's only one."""


def classes_in(package: object) -> Iterator[type]:
    """Return every class that a module of the package defines."""
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):  # type: ignore[attr-defined]
        if ".migrations." in found.name:
            continue
        module = importlib.import_module(found.name)
        for value in vars(module).values():
            if inspect.isclass(value) and value.__module__ == found.name:
                yield value


PORTS = [kind for kind in classes_in(netra.ports) if getattr(kind, "_is_protocol", False)]
ADAPTERS = [kind for kind in classes_in(netra.adapters) if not getattr(kind, "_is_protocol", False)]


def parameters(function: object) -> list[tuple[str, object]]:
    return [(each.name, each.kind) for each in inspect.signature(function).parameters.values()]  # type: ignore[arg-type]


def implements(kind: type, port: type) -> bool:
    """Return whether a class has every property of the port, and every method with the same parameters."""
    public = {name: value for name, value in vars(port).items() if not name.startswith("_")}
    return all(
        has_method(kind, name, value) if inspect.isfunction(value) else has_property(kind, name)
        for name, value in public.items()
    )


def has_method(kind: type, name: str, promised: object) -> bool:
    found = getattr(kind, name, None)
    return inspect.isfunction(found) and parameters(found) == parameters(promised)


def has_property(kind: type, name: str) -> bool:
    """Return whether a class has the property, or sets an attribute of that name."""
    return hasattr(kind, name) or f"self.{name} = " in inspect.getsource(kind)


def names_in(path: Path) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}


def names_opened_by(path: Path) -> set[str]:
    """Return the names in the modules of adapters whose openers (`open_sqlite`, …) the file imports."""
    return {
        name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("netra.adapters.")
        if any(alias.name.startswith("open_") for alias in node.names)
        for name in names_in(Path(str(importlib.import_module(str(node.module)).__file__)))
    }


def suite_of(port: str) -> list[Path]:
    return [
        path for path in CONTRACTS if f"`{port}`" in (ast.get_docstring(ast.parse(path.read_text())) or "")
    ]


def rows() -> set[str]:
    """Return the adapters that the contract suites name, or open by the function that opens them."""
    return {name for path in CONTRACTS for name in names_in(path) | names_opened_by(path)}


def test_every_port_has_a_contract_suite() -> None:
    without = {port.__name__ for port in PORTS if not suite_of(port.__name__)}
    assert without - set(PART_OF) == {port.__name__ for port in PORTS if has_tests_elsewhere(port)}


def has_tests_elsewhere(port: type) -> bool:
    """Return whether every adapter of the port is tested only where its technology is."""
    adapters = [kind.__name__ for kind in ADAPTERS if implements(kind, port)]
    return port.__name__ not in PART_OF and bool(adapters) and set(adapters) <= set(TESTED_BY)


def test_every_adapter_of_a_port_has_a_row_in_its_contract_suite() -> None:
    covered = rows()
    missing = [
        f"{kind.__name__} ({port.__name__})"
        for port in PORTS
        if port.__name__ not in PART_OF
        for kind in ADAPTERS
        if implements(kind, port) and kind.__name__ not in covered | set(TESTED_BY)
    ]
    assert missing == []


def test_the_tests_of_an_adapter_elsewhere_name_it() -> None:
    absent = [
        f"{path}: {name}" for name, path in TESTED_BY.items() if name not in names_in(ROOT / "tests" / path)
    ]
    assert absent == []
