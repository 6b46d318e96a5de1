"""The guard on sentences that were written without reading it, by two people; `-b` marks the second.

`guard-dev`, `guard-dev-b` and, after its only scoring, `guard-held` were open while the guard was built.
`guard-held-b` was scored once, on 1 December 2026, and nobody has looked at its sentences.
"""

from pathlib import Path

import pytest
from tests.corpora.guard_score import CORPORA, Score, score, sentences_of, swaps_of

CAUGHT_MIN = 0.90
SWAPS_MIN = 0.98
PASSED_MIN = {"guard-dev": 0.95, "guard-held": 0.95, "guard-dev-b": 0.95, "guard-held-b": 0.76}
FIGURES_MIN = {"guard-held-b": 0.93}  # of the honest figures of the swaps; the aim of both is 0.95
HALVES = [CORPORA / name for name in PASSED_MIN]


@pytest.mark.at_length
@pytest.mark.parametrize("folder", HALVES, ids=lambda path: path.name)
def test_the_guard_keeps_its_bars(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written, swapped = score(folder, list(sentences_of(folder))), score(folder, list(swaps_of(folder)))
    with capsys.disabled():
        print(f"\n{folder.name}, written sentences: {_said(written)}; subject swaps: {_said(swapped)}")
    assert written.caught >= CAUGHT_MIN * written.dishonest
    assert written.passed >= PASSED_MIN[folder.name] * written.honest
    assert swapped.caught >= SWAPS_MIN * swapped.dishonest
    assert swapped.passed >= FIGURES_MIN.get(folder.name, PASSED_MIN[folder.name]) * swapped.honest


def _said(found: Score) -> str:
    caught, passed = f"{found.caught} of {found.dishonest}", f"{found.passed} of {found.honest}"
    return f"{caught} dishonest caught, {passed} honest passed"
