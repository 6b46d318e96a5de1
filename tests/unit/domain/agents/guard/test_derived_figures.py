"""Sentences with derived figures, computed from three results: true ones pass, false ones are refused.

They were written while the guard was built, so they show that it does not lose what it has.
"""

import msgspec
import pytest
from tests.corpora.guard_score import CORPORA, payloads_of
from tests.corpora.swaps import Sentence

from netra.domain.agents.guard.echoes import QuestionEcho
from netra.domain.agents.guard.facts import Facts
from netra.domain.agents.guard.findings import StoredResult, check_text
from netra.domain.agents.guard.guard import unsupported_by
from netra.domain.agents.guard.payload_facts import facts_of

SENTENCES = tuple(
    msgspec.json.decode(line, type=Sentence)
    for line in (CORPORA / "guard-own.jsonl").read_text(encoding="utf-8").splitlines()
)


@pytest.fixture(scope="module")
def results() -> dict[str, Facts]:
    return {name: facts_of(result) for name, result in payloads_of(CORPORA / "guard-dev-b").items()}


@pytest.mark.parametrize("one", SENTENCES, ids=lambda one: one.text[:60])
def test_a_sentence_passes_if_it_is_true(one: Sentence, results: dict[str, Facts]) -> None:
    refused = unsupported_by(one.text, results[one.payload])
    assert (refused == ()) is one.honest, refused


BY_HAND = (
    ("payload-3.json", "For each output token, about 23 input tokens are read.", True),
    ("payload-3.json", "For each output token, about 40 input tokens are read.", False),
    ("payload-2.json", "The saving you asked for is met, the speed-up is not.", True),
    ("payload-2.json", "The saving you asked for is met, the speed-up is too.", False),
    ("payload-1.json", "helpdesk_bot and contract_check differ by $9.87 over the log.", True),
    ("payload-1.json", "helpdesk_bot and contract_check differ by $12.87 over the log.", False),
    ("payload-1.json", "helpdesk_bot costs 49 % less than contract_check.", True),
    ("payload-1.json", "contract_check costs 98 % more than helpdesk_bot.", True),
    ("payload-1.json", "contract_check costs 50 % more than helpdesk_bot.", False),
    ("payload-1.json", "helpdesk_bot costs half as much as contract_check.", True),
    ("payload-1.json", "contract_check makes half as many calls as helpdesk_bot.", False),
    ("payload-1.json", "contract_check costs 49 % of the bill, than which helpdesk_bot costs less.", False),
    ("payload-1.json", "kb_lookup makes 312 more calls to its tool.", False),
    ("payload-1.json", "helpdesk_bot is called a little, 9, than which kb_lookup more.", False),
    ("payload-1.json", "One by one, prompt caching saves $500 a month.", False),
    ("payload-1.json", "contract_check has the second worst p99 latency.", False),
    ("payload-1.json", "kb_lookup comes second by calls.", True),
    ("payload-1.json", "mail_labels comes second by calls.", False),
    ("payload-1.json", "helpdesk_bot comes second by input tokens.", True),
    ("payload-1.json", "The only feature that costs less than mail_labels is kb_lookup.", False),
    ("payload-1.json", "The only feature that costs more than helpdesk_bot is contract_check.", True),
    ("payload-1.json", "The third thing to say is that caching helps.", True),
    ("payload-1.json", "The plan needs an evaluation first.", False),
    ("payload-1.json", "The plan needs no evaluation.", True),
    ("payload-1.json", "Batching does not change the answers.", True),
    ("payload-1.json", "With caching, the answers change.", True),
    ("payload-1.json", "Not all failed calls were charged.", True),
    ("payload-3.json", "If the evaluations pass, the bill falls by about another $803 a month.", True),
    ("payload-2.json", "Once traffic has grown by 30 %, the plan is worth $469 a month.", True),
    ("payload-1.json", "Every request to gpt-4o costs $19.98 over the log.", False),
    ("payload-3.json", "Half of the calls come from manual_search, shift_report and alarm_sorter.", True),
    ("payload-3.json", "No other model in use is withdrawn as early as claude-sonnet-4-5.", True),
    ("payload-1.json", "A response cache would have cut $3.87 over the log.", False),
    ("payload-1.json", "Only 46.5 % of the bill would remain.", False),
    (
        "payload-1.json",
        "Taken together the four measures bring $563.29 a month, less than the $576.44 of each one by one.",
        True,
    ),
    ("payload-1.json", "gpt-4o has the highest p99 latency.", False),
    ("payload-1.json", "The failures come exclusively from helpdesk_bot.", False),
    ("payload-1.json", "The second largest item is not worth the trouble.", True),
    ("payload-1.json", "The second slowest feature is helpdesk_bot.", True),
    ("payload-1.json", "Not nearly all calls fail.", True),
    ("payload-1.json", "helpdesk_bot has 777 calls against kb_lookup.", False),
    ("payload-1.json", "helpdesk_bot costs 33 % against contract_check.", False),
    ("payload-1.json", "With less to pay, 46.5 % of the bill would remain.", False),
    ("payload-1.json", "Where does the money go?", True),
    ("payload-1.json", "There is nothing else to gain here.", True),
)


@pytest.mark.parametrize(("payload", "text", "is_true"), BY_HAND, ids=[text[:60] for _, text, _ in BY_HAND])
def test_a_sentence_written_by_hand_passes_if_it_is_true(
    payload: str,
    text: str,
    is_true: bool,
    results: dict[str, Facts],
) -> None:
    refused = unsupported_by(text, results[payload])
    assert (refused == ()) is is_true, refused


def test_sparse_results_imply_nothing_that_they_do_not_hold() -> None:
    rows = [{"name": "chat", "requests": 0}, {"name": "search", "requests": 3, "usd_in_window": 1.5}]
    limits = [{"feature": "chat", "limit_ms": 500.0}, {"feature": "search", "calls": 3, "limit_ms": 0.0}]
    changes = [
        {
            "id": "rec-1",
            "kind": "batch",
            "savings": {"usd_per_month": 5.0, "applied_as": 1},
            "inputs": {"touched_calls": 2},
        },
        {"id": "rec-2", "kind": "waste", "savings": {"usd_per_month": None, "usd_in_window": 1.0}},
    ]
    facts = facts_of(
        {
            "requests": 3,
            "failures": {"requests": 1},
            "by_feature": rows,
            "latency": {"by_feature": limits},
            "plan": {"saved_usd_per_month": 10.0},
            "recommendations": changes,
        }
    )
    assert unsupported_by("One by one, batching and the failed calls bring $5 a month.", facts) == ("$5",)
    assert unsupported_by("Batching brings half of the plan's saving.", facts) == ()
    assert unsupported_by("The plan needs an evaluation.", facts) == ()
    assert unsupported_by("33 % of the calls failed.", facts) == ()
    assert unsupported_by("chat costs 3 times as much as search.", facts) == ("3 times",)
    assert unsupported_by("search costs 30 % more than chat.", facts) == ("30 %",)
    assert unsupported_by("For every call of chat there are 2 calls of search.", facts) == ("2",)


def test_the_echo_of_a_question_states_no_finding() -> None:
    echo = QuestionEcho(
        sentences=("Understood: 20 % cheaper; look at kv cache.",),
        phrases=("20 % cheaper", "look at kv cache"),
    )
    result = StoredResult(recommendations=(), metrics={"requests": 3})
    assert check_text("Understood: 20 % cheaper;\nlook at kv cache.", result, echo=echo).holds
    assert check_text("20 % cheaper; look at kv cache", result, echo=echo).holds
    assert not check_text("20 % cheaper", result, echo=echo).holds
    assert not check_text("20 % cheaper; look at kv cache", result).holds
