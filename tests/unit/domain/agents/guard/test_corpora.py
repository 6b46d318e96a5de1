"""The guard on sentences that were written without reading it: the half for development, the half held out.

The held-out half was scored once, after the last change to the guard's rules.
"""

from pathlib import Path

import pytest
from tests.corpora.guard_score import CORPORA, Score, score, sentences_of, swaps_of

CAUGHT_MIN = 0.90
SWAPS_MIN = 0.98
PASSED_MIN = 0.95
HALVES = [path for name in ("guard-dev", "guard-held") if (path := CORPORA / name).is_dir()]


@pytest.mark.at_length
@pytest.mark.parametrize("folder", HALVES, ids=lambda path: path.name)
def test_the_guard_keeps_its_bars(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written, swapped = score(folder, list(sentences_of(folder))), score(folder, list(swaps_of(folder)))
    with capsys.disabled():
        print(f"\n{folder.name}, written sentences: {_said(written)}; subject swaps: {_said(swapped)}")
    assert written.caught >= CAUGHT_MIN * written.dishonest, [one.text for one in written.wrong]
    assert written.passed >= PASSED_MIN * written.honest, [one.text for one in written.wrong]
    assert swapped.caught >= SWAPS_MIN * swapped.dishonest, [one.text for one in swapped.wrong]
    assert swapped.passed >= PASSED_MIN * swapped.honest, [one.text for one in swapped.wrong]


def _said(found: Score) -> str:
    caught, passed = f"{found.caught} of {found.dishonest}", f"{found.passed} of {found.honest}"
    return f"{caught} dishonest caught, {passed} honest passed"
