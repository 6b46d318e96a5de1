"""Hiding what is installed from those who would import it."""

import importlib
import importlib.util
import subprocess
import sys

import pytest

from netra.entrypoints.blocked_packages import unseen


def test_a_hidden_package_is_not_there_and_comes_back() -> None:
    sys.modules.pop("this", None)
    with unseen("this"), pytest.raises(ModuleNotFoundError):
        importlib.import_module("this")
    assert importlib.util.find_spec("this") is not None


def test_what_is_loaded_already_stays() -> None:
    with unseen("json"):
        assert importlib.import_module("json") is sys.modules["json"]


def test_the_container_starts_without_the_frameworks_beside_it() -> None:
    asked = (
        "import sys\nfrom netra.entrypoints.blocked_packages import FRAMEWORKS, unseen\n"
        "with unseen(*FRAMEWORKS):\n    import netra.plugboard\n"
        "print([name for name in FRAMEWORKS if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"
