"""Sentences about one result, written while the guard was built: true ones pass, false ones are refused."""

import json
from typing import Any

import pytest
from tests.corpora.guard_score import CORPORA

from netra.domain.agents.guard.facts import Facts
from netra.domain.agents.guard.guard import unsupported_by
from netra.domain.agents.guard.payload_facts import facts_of

TRUE = (
    "The month comes to roughly $1,212.",
    "You will pay $1,212 this month if nothing changes.",
    "At the present rate the monthly bill stands at $1,212.43.",
    "Of the 4,000 calls in the log, 80 failed.",
    "Two percent of the calls failed.",
    "code_review accounts for 48.2 % of the spend.",
    "Nearly half of the money goes to code_review.",
    "code_review costs $9.87 more than support_chat.",
    "support_chat and code_review make 1,836 calls between them.",
    "support_chat has the most calls: 1,362.",
    "The busiest feature is support_chat.",
    "code_review is the slowest feature.",
    "tagging is the fastest feature.",
    "tagging is the cheapest feature.",
    "gpt-4o has more calls than gpt-4.1.",
    "Prompt caching saves more than batching does.",
    "Batching is worth about $100 a month.",
    "About a sixth of the calls repeat a prompt.",
    "Caching prompts would cut the bill by a third.",
    "The plan brings the bill down from $1,212 to $649.14 a month.",
    "That is 46.5 % less than today.",
    "After the plan you would pay $649 a month.",
    "The four changes of the plan together save $563.29 a month.",
    "Self-hosting would cost more than the API.",
    "Self-hosting is not worth it at this traffic.",
    "Stay on the API.",
    "Renting one B200 costs $5.50 an hour, or $4,018 a month.",
    "The saving from gpt-6-luna depends on an evaluation.",
    "Judge some answers of gpt-6-luna before you switch.",
    "Nobody has tested yet whether gpt-6-luna is good enough.",
    "Quality is not measured here.",
    "The answers may get worse; evaluate first.",
    "The interval is wide because the log covers only 1.04 days.",
    "The log covers about 25 hours.",
    "The log spans a little over a day.",
    "Time to first token is 962 ms at p99.",
    "Its p99 is below one second for the first token.",
    "Most of the cost is claude-sonnet-4-5 and gpt-4o.",
    "claude-sonnet-4-5 is responsible for 48.2 % of the cost.",
    "gpt-4o is served until 14 January 2027.",
    "The queue would hold calls for at most 6.05 s.",
    "The busiest second had 13 calls.",
    "The busiest minute had 21 requests.",
    "Ask your provider for 191,164 tokens a minute.",
    "Batch prices are half of the standard ones.",
    "Batching halves the price of 472 calls.",
    "Send nightly_digest through the batch interface.",
    "472 of the 4,000 calls, 11.8 %, can wait.",
    "No target was set, so none is judged.",
    "Mark the whole prompts to claude-sonnet-4-5 for caching.",
    "The first thing to do is prompt caching.",
    "Do these steps in the order given.",
    "Evaluations are needed for gpt-6-luna and gpt-6-sol.",
    "gpt-6-luna could take over 3,971 calls.",
    "Nothing here changes an answer except the switch of models.",
    "51 failed calls cost $0.44.",
    "Wasted calls are a small item: $12.82 a month.",
    "Rate limits are no problem today.",
    "The median answer of search_answers takes 1.4 s.",
    "tagging: 635 calls, $1.20",
    "support_chat | 1,362 | $10.12",
    "Saved share: 46.5 %",
    "p99 latency: 22.0 s",
    "$1.2k/month now → $649/month planned",
    "USD 563 per month",
    "46 per cent",
    "The saving is computed from your own counts and list prices.",
    "The bill does not include discounts that you may have negotiated.",
    "Retries should use backoff.",
    "The plan does not touch quality.",
    "You sent 14.0 million input tokens and received 0.69 million output tokens.",
    "If everything passes, the bill could fall to $27.45 a month.",
    "code_review is the biggest. It costs $19.98 over the log.",
    "Neither a target nor a limit was set.",
    "One call in fifty failed.",
    "The gap between code_review and support_chat is $9.87.",
    "support_chat costs $9.87 less than code_review.",
    "The log covers a day.",
    "gpt-4o will be retired.",
    "Just over $1,200 a month is what you pay.",
    "Just under 47 % of the bill can be saved.",
    "Calls are not faster with the plan.",
    "The log is not too short.",
    "tagging is not the slowest feature, code_review is.",
    "Half of tagging's calls finish within 697 ms.",
    "99 % of code_review's calls finish within 34,187 ms.",
    "One call in a hundred of tagging takes longer than 2,106 ms.",
    "tagging was called 635 times.",
    "Of the calls, 635 belong to tagging.",
    "In the logged window gpt-4o ran up $17.11.",
    "The middle call of support_chat takes 1,824 ms.",
    "The latency did not surge.",
    "Prompt caching, unlike gpt-6-luna, needs no evaluation.",
    "gpt-6-luna may be faster than gpt-4o.",
    "Hardly any calls fail.",
    "Run the changes together and replicate the command that measures them.",
    "The log shows no trend.",
)
FALSE = (
    "The month comes to roughly $1,500.",
    "code_review accounts for a quarter of the spend.",
    "support_chat costs more than code_review.",
    "tagging makes most of the calls.",
    "support_chat is the slowest feature.",
    "nightly_digest is the cheapest feature you have.",
    "gpt-4.1 costs more than claude-sonnet-4-5.",
    "Batching saves more than prompt caching does.",
    "The biggest lever is batching.",
    "The plan triples what you save.",
    "Half of your calls fail.",
    "None of the calls failed.",
    "Every call is a duplicate.",
    "Nearly all prompts repeat.",
    "All calls can be batched.",
    "Self-hosting pays for itself.",
    "You should self-host this workload.",
    "Self-hosting is cheaper than the API.",
    "Rent a GPU and leave the API.",
    "Prompt caching is not worth the effort.",
    "Do not use the batch interface.",
    "Prompt caching loses money.",
    "The plan makes things more expensive.",
    "The plan saves nothing.",
    "The bill cannot be lowered.",
    "Your budget is met.",
    "The latency limit is met.",
    "The target of 20 % is reached.",
    "support_chat misses its limit.",
    "The SLO is violated.",
    "gpt-6-luna gives the same quality.",
    "Users will see no difference.",
    "Switching to gpt-6-luna is safe.",
    "There is no risk in switching to gpt-6-luna.",
    "gpt-6-luna needs no evaluation.",
    "The savings are guaranteed.",
    "Caching always works here.",
    "Quality improves with gpt-6-sol.",
    "Accuracy stays the same.",
    "Customers will be happier with gpt-6-luna.",
    "The cost rose because of a new release.",
    "Traffic doubled last month.",
    "The failures come from a network outage.",
    "Costs are high due to long system prompts in Spanish.",
    "Latency is rising.",
    "The calls got slower since Friday.",
    "Use Mistral Large instead.",
    "DeepSeek would do as well.",
    "Move the traffic to Azure.",
    "An A100 is enough.",
    "The feature chat_summary costs most.",
    "Claude Opus handles code_review.",
    "Gemini Ultra is half the price.",
    "Run it on Cerebras.",
    "The invoice_parser tool is to blame.",
    "gpt-4.1 is served until 2026-11-30.",
    "The p99 time to first token is 22.8 ms.",
    "The time per output token is 962 ms at p99.",
    "tagging's median is 2,106 ms.",
    "The median time to first token is 962 ms.",
    "16.1 % of the tokens repeat a prompt.",
    "16.1 % of the cost is repeated.",
    "46.5 % of the calls are saved.",
    "2.0 % of the bill is failures.",
    "The plan saves 46.5 % of the tokens.",
    "The bill is $649.14 a month today.",
    "You pay $563.29 a month.",
    "You spend $1,212 a week.",
    "The plan costs you $563.29 a month extra.",
    "The plan would add 46.5 % to the bill.",
    "Caching costs $406.18 a month.",
    "Self-hosting saves $2,810 a month.",
    "€1,212 a month is your bill.",
    "The bill is 1,212 dollars per year.",
    "The log covers 1.04 hours.",
    "The log covers a week.",
    "Some 40,000 calls were logged.",
    "A GPU costs $55 an hour.",
    "You need four GPUs.",
    "Evaluate 95 answers.",
    "The accept rate is 95 %.",
    "In 24 h the bill falls.",
    "3 of the calls failed.",
    "300 calls are cached.",
    "A batch takes 24 minutes.",
    "The plan saves ninety percent.",
    "Three quarters of the calls repeat.",
    "The bill is over two thousand dollars.",
    "You save $l,200 a month.",
    "The saving is 4O %.",
    "Only tagging is affected by failures.",
    "The response cache cannot return wrong answers.",
    "Caching speeds up every call.",
    "The plan cuts latency in half.",
    "gpt-6-luna is faster than gpt-4o.",
    "gpt-6-luna was accepted in 72 % of cases.",
    "Batching makes answers arrive sooner.",
    "code_review is the biggest. It costs $1.20 over the log.",
    "support_chat costs $9.87 more than code_review.",
    "code_review and tagging together cost $30.10 over the log.",
    "gpt-4o will be served for years.",
    "gpt-4o is not going to be retired.",
    "The log is too short for any advice.",
    "Duplicates cost nothing.",
    "The bill stays the same with the plan.",
    "One call in five failed.",
    "2 in 3 calls fail.",
    "The gap between code_review and support_chat is $1.87.",
    "The p99 latency of batched calls is 21,977 ms.",
    "code_review is cheaper than tagging.",
    "code_review is not the slowest feature.",
    "All of the calls fail.",
    "No calls repeat a prompt.",
    "tagging saves more than code_review.",
    "tagging has the most input tokens.",
    "tagging writes the most output tokens.",
    "Only code_review can be cached.",
    "Calls got slower because of the provider.",
    "Caching saves $563.29 a month.",
    "Half of the bill is wasted calls.",
    "Just over $1,300 a month is what you pay.",
    "Half of tagging's calls finish within 2,106 ms.",
    "99 % of tagging's calls finish within 697 ms.",
    "tagging was called 474 times.",
    "Every second call fails.",
    "Of the calls, 635 belong to code_review.",
    "The bill is down to $649.14 a month today.",
    "The gap between tagging and gpt-4o is $3.00.",
    "code_review costs $3.00 more than gpt-4o.",
    "Only a few calls repeat a prompt.",
    "Just over half of the bill goes to claude-sonnet-4-5.",
)


@pytest.fixture(scope="module")
def facts() -> Facts:
    result: dict[str, Any] = json.loads(
        (CORPORA / "guard-dev" / "payload-1.json").read_text(encoding="utf-8")
    )
    return facts_of({**result, "report": ""})


@pytest.mark.parametrize("text", TRUE)
def test_a_true_sentence_passes(text: str, facts: Facts) -> None:
    assert unsupported_by(text, facts) == ()


@pytest.mark.parametrize("text", FALSE)
def test_a_false_sentence_is_refused(text: str, facts: Facts) -> None:
    assert unsupported_by(text, facts) != ()


@pytest.fixture(scope="module")
def limited() -> Facts:
    """Return the facts of a result with a limit on support_chat that is not kept."""
    result: dict[str, Any] = json.loads(
        (CORPORA / "guard-dev" / "payload-3.json").read_text(encoding="utf-8")
    )
    return facts_of({**result, "report": ""})


@pytest.fixture(scope="module")
def targeted() -> Facts:
    """Return the facts of a result whose saving target is met, and whose speed-up is not."""
    result: dict[str, Any] = json.loads(
        (CORPORA / "guard-dev" / "payload-2.json").read_text(encoding="utf-8")
    )
    return facts_of({**result, "report": ""})


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("support_chat does not meet its limit.", True),
        ("support_chat meets its limit.", False),
        ("The limits are kept.", False),
        ("No limit is met.", True),
        ("The latency limit is broken.", True),
        ("The latency limit holds.", False),
        ("The TTFT limit is met.", False),
        ("pr_review meets its limit.", False),
        ("If the plan is adopted, the limit may be met.", True),
    ],
)
def test_a_limit_is_judged_by_the_result(text: str, holds: bool, limited: Facts) -> None:
    assert (unsupported_by(text, limited) == ()) is holds


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("The saving you asked for is met.", True),
        ("The saving target is missed.", False),
        ("The speed-up you asked for is not met.", True),
        ("The targets are met.", False),
        ("The budget is met.", False),
    ],
)
def test_a_target_is_judged_by_the_result(text: str, holds: bool, targeted: Facts) -> None:
    assert (unsupported_by(text, targeted) == ()) is holds
