"""What is installed from pyproject.toml is of the versions whose inner parts the tests have seen."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
# Packages of which the source uses parts that their documentation does not promise to keep.
INNER = {
    "clickhouse-connect": "driver.httputil, driver.exceptions",
    "litestar": "its own encoding of answers",
    "psycopg": "pq and adapt.Transformer: libpq's pipeline",
    "python-dotenv": "parser",
    "redis": "read_response of a connection",
    "sqlalchemy": "the compiler's order of parameters",
    "websockets": "what uvicorn's websockets-sansio stands on",
}


def required() -> dict[str, Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [
        *project["dependencies"],
        *(one for extra in project["optional-dependencies"].values() for one in extra),
    ]
    return {found.name: found for found in map(Requirement, lines)}


def pinned() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pairs = (line.partition(";")[0].strip().partition("==") for line in lines if "==" in line)
    return {name: version for name, _, version in pairs}


@pytest.mark.parametrize("package", INNER)
def test_a_package_whose_inner_parts_are_used_has_an_upper_bound(package: str) -> None:
    assert any(one.operator in {"<", "<=", "==", "~="} for one in required()[package].specifier), package


@pytest.mark.parametrize("package", sorted(required().keys() - {"netra"}))
def test_the_pinned_version_is_one_that_may_be_installed(package: str) -> None:
    assert required()[package].specifier.contains(pinned()[package])
