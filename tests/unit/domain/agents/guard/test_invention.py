"""The guard of wording and a corpus of answers about real results: honest ones pass, inventions do not."""

import asyncio
from collections import Counter

import pytest
from tests.unit.domain.agents.answers import Result, honest, planted
from tests.unit.domain.agents.asked import ASKED, SERVED, result_of

from netra.domain.agents.guard.facts import Facts
from netra.domain.agents.guard.guard import unsupported_by
from netra.domain.agents.guard.payload_facts import facts_of

pytestmark = pytest.mark.at_length

ANSWERS_MIN = 200
HONEST_MIN = 0.98
KINDS = {
    "a sum", "changed digit", "changed period", "changed unit", "invented date", "invented share",
    "model version", "number words", "swapped sign",
}  # fmt: skip


@pytest.fixture(scope="module")
def results() -> list[tuple[Result, Facts]]:
    async def made() -> list[Result]:
        return [await result_of(asked) for asked in (*ASKED.values(), SERVED)]

    return [(result, facts_of({**result, "report": ""})) for result in asyncio.run(made())]


def test_honest_answers_pass_and_every_invention_is_caught(
    results: list[tuple[Result, Facts]], capsys: pytest.CaptureFixture[str]
) -> None:
    told = [one for number, (result, _) in enumerate(results) for one in honest(result, number) if one.text]
    invented = [one for number, (result, _) in enumerate(results) for one in planted(result, number)]
    refused = [one for one in told if unsupported_by(one.text, results[one.result][1])]
    missed = [one for one in invented if not unsupported_by(one.text, results[one.result][1])]
    with capsys.disabled():
        print(
            f"\nnumber checker: {len(invented) - len(missed)} of {len(invented)} planted inventions caught "
            f"({len({one.text for one in invented})} different), "
            f"{len(told) - len(refused)} of {len(told)} honest answers passed "
            f"({(len(told) - len(refused)) / len(told):.1%}; {len({one.text for one in told})} different)"
        )
    assert len({one.text for one in invented}) >= ANSWERS_MIN
    assert len({one.text for one in told}) >= ANSWERS_MIN
    assert set(Counter(one.kind for one in invented)) == KINDS
    assert missed == []
    assert len(refused) <= (1 - HONEST_MIN) * len(told), [
        (one.text, unsupported_by(one.text, results[one.result][1])) for one in refused
    ]


def test_the_template_text_passes_whole(results: list[tuple[Result, Facts]]) -> None:
    """The opening states the question as it was read, not the result, and no model words it."""
    told = [(result["report"].partition("\n\n")[2], facts) for result, facts in results]
    assert [unsupported_by(text, facts) for text, facts in told] == [()] * len(results)
