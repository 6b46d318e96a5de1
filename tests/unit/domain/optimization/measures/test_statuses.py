"""What the status of a call says."""

from collections.abc import Callable

import pytest

from netra.domain.optimization.measures.statuses import CallOutcome, outcome_of, unpaid_calls
from netra.domain.workloads.columns import columns_of
from netra.domain.workloads.model import Event

Call = Callable[..., Event]


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (
            CallOutcome.ANSWERED,
            (
                "ok|OK|200|200 OK|HTTP/1.1 204 No Content|http_200|304|stop|length|tool_calls|tool-calls"
                "|end_turn|endTurn|MAX_TOKENS|stop_sequence|tool_use|function_call|content_filter|Succeeded|incomplete"
            ),
        ),
        (
            CallOutcome.REFUSED,
            (
                "429|429 Too Many Requests|error_429|404|rate_limited|RateLimitError|rate limit|Throttled"
                "|invalid|invalid_request_error|rejected|context_length_exceeded|quota_exceeded|AccessDeniedException"
            ),
        ),
        (
            CallOutcome.FAILED,
            (
                "error|Timeout|timed out|500|503 Service Unavailable|408|499|failed|cancelled"
                "|APIConnectionError|aborted|deadline_exceeded|overloaded_error|timeout after 300 s"
            ),
        ),
        (CallOutcome.UNKNOWN, "fine|0|1|700|100|true|partial|in_progress|"),
    ],
)
def test_a_status_says_what_became_of_the_call(outcome: CallOutcome, words: str) -> None:
    assert {word: outcome_of(word) for word in words.split("|")} == dict.fromkeys(words.split("|"), outcome)


def test_a_failed_call_without_work_or_cost_was_not_paid(call: Call) -> None:
    without_costs = [
        call(status="429", tokens=(1000, 0)),
        call(status="429", tokens=(1000, 10)),
        call(status="timeout", tokens=(1000, 0)),
        call(status="ok", tokens=(1000, 0)),
        call(tokens=(1000, 0)),
    ]
    assert unpaid_calls(columns_of(without_costs)).tolist() == [True, False, False, False, False]
    with_costs = [
        call(status="error", cost=0.0),
        call(status="429", tokens=(1000, 0), cost=0.1),
        call(status="429", tokens=(1000, 0)),
        call(status="ok", cost=0.0),
    ]
    assert unpaid_calls(columns_of(with_costs)).tolist() == [True, False, True, False]
