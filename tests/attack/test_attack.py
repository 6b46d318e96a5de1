"""The attack script runs: its quick attacks over the embedded store all hold."""

import pytest
from tests.attack.__main__ import main
from tests.attack.outcome import ATTACKS

pytestmark = [pytest.mark.system, pytest.mark.long(60)]


def test_every_finding_has_an_attack() -> None:
    assert {one.finding for one in ATTACKS} == set(range(1, 25))


def test_what_was_found_once_holds_over_the_embedded_store(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--embedded", "--quick"])
    printed = capsys.readouterr().out
    assert status == 0, printed
    assert "BROKE" not in printed.replace("0 BROKE", "")
