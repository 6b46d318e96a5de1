"""Every worked example of the hexagon is true."""

import doctest
import importlib
import pkgutil
from collections.abc import Iterator

import pytest

import netra.domain
import netra.ports

EXAMPLES_LEAST = 60  # a guard against a walk that finds nothing


def modules() -> Iterator[str]:
    for package in (netra.domain, netra.ports):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            yield found.name


@pytest.mark.parametrize("name", list(modules()))
def test_the_examples_of_a_module_are_true(name: str) -> None:
    failed, _ = doctest.testmod(importlib.import_module(name))
    assert failed == 0


def test_there_are_examples_to_run() -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = [test for name in modules() for test in finder.find(importlib.import_module(name))]
    assert sum(len(test.examples) for test in found) >= EXAMPLES_LEAST
