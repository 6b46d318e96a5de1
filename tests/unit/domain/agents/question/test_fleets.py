"""Fleets in a question: which are asked about, which bind, and which serve the log now."""

import pytest
from tests.unit.domain.agents.question.test_corpora import NOW

from netra.domain.agents.question.goals import read_goals
from netra.domain.agents.wording.echo import echo_of
from netra.domain.optimization.model import Goals


def read(message: str, **parameters: object) -> Goals:
    return read_goals(message, parameters, now=NOW)


@pytest.mark.parametrize(
    ("message", "served_on", "replicas"),
    [
        ("we serve llama-3.1-70b on our own 4x H100, is that cheaper than an API?", "4x H100", 1),
        ("We run this on 16 H100s", "8x H100", 2),
        ("llama-3.1-70b runs on our 8 A100; would 4 H200 do?", "8x A100", 1),
        ("it's served on 3 H200 now", "1x H200", 3),
        ("We currently host it with vllm on a 12x H100 box", "4x H100", 3),
    ],
)
def test_a_fleet_that_serves_the_log_is_served_on(message: str, served_on: str, replicas: int) -> None:
    goals = read(message)
    assert (goals.served_on, goals.served_replicas) == (served_on, replicas)
    assert goals.fleets[0].is_serving
    assert goals.fleets[0].is_owned
    assert "serving now" in echo_of(goals).understood[-1] or "serving now" in " ".join(
        echo_of(goals).understood
    )


@pytest.mark.parametrize(
    "message",
    [
        "would it be cheaper if we run it on 4x H100?",
        "we want to run llama-3.1-70b on 4x H100",
        "do 8 L40S carry this?",
        "8 L40S are idle in our rack, can they take the load?",
        "we serve this on our own H100s",
        "could we host it on 2x A100?",
    ],
)
def test_a_fleet_that_is_only_thought_of_or_not_counted_serves_nothing(message: str) -> None:
    assert read(message).served_on is None


def test_parameters_say_what_serves_whatever_the_message_says() -> None:
    goals = read("we serve it on 4x H100", served_on="2x H200")
    assert (goals.served_on, goals.served_replicas) == ("2x H200", None)


def test_a_limit_on_a_latency_is_no_bound_on_gpus() -> None:
    asked = read("how many H200 for TTFT p99 <= 1 s and TPOT p99 <= 50 ms?")
    assert [(fleet.name, fleet.count, fleet.is_bound) for fleet in asked.fleets] == [("H200", None, False)]
    assert (asked.ttft_ms_p99, asked.tpot_ms_p99) == (1000.0, 50.0)
    assert "H200" in echo_of(asked).understood
    bound = read("TTFT p99 <= 1 s on <= 4 H100")
    assert [(fleet.count, fleet.is_bound) for fleet in bound.fleets] == [(4, True)]
