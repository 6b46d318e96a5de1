"""The guard on sentences that three people wrote without reading it; `-b` and `-c` mark the second and third.

All of them have been read since: each held-out half was scored once, on the guard of that day, and then used
to mend it. `docs/language-models.md` states the figures of those scorings.
"""

from pathlib import Path

import pytest
from tests.corpora.guard_score import CORPORA, Score, score, sentences_of, swaps_of

CAUGHT_MIN = 0.90
SWAPS_MIN = 0.98
PASSED_MIN = 0.95
HALVES = [
    CORPORA / name for name in ("guard-dev", "guard-held", "guard-dev-b", "guard-held-b", "guard-dev-c")
]


@pytest.mark.at_length
@pytest.mark.parametrize("folder", HALVES, ids=lambda path: path.name)
def test_the_guard_keeps_its_bars(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written, swapped = score(folder, list(sentences_of(folder))), score(folder, list(swaps_of(folder)))
    with capsys.disabled():
        print(f"\n{folder.name}, written sentences: {_said(written)}; subject swaps: {_said(swapped)}")
    assert written.caught >= CAUGHT_MIN * written.dishonest
    assert written.passed >= PASSED_MIN * written.honest
    assert swapped.caught >= SWAPS_MIN * swapped.dishonest
    assert swapped.passed >= PASSED_MIN * swapped.honest


def _said(found: Score) -> str:
    caught, passed = f"{found.caught} of {found.dishonest}", f"{found.passed} of {found.honest}"
    return f"{caught} dishonest caught, {passed} honest passed"


@pytest.mark.at_length
def test_the_guard_is_no_worse_than_at_its_last_scoring_on_unseen_sentences() -> None:
    folder = CORPORA / "guard-held-d"  # scored once, on 1 December 2026; the honest bar of 95 % is missed
    found = score(folder, list(sentences_of(folder)))
    assert (found.dishonest, found.honest) == (70, 90)
    assert found.caught >= 68
    assert found.passed >= 78
