from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netra.domain.agents.question.goals import UNREAD_MAX, read_goals
from netra.domain.agents.question.mentions import KnownNames
from netra.domain.optimization.model import Goals, Priority

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)  # a Saturday
YESTERDAY = datetime(2026, 11, 20, tzinfo=UTC)
NAMES = KnownNames(
    features=("search", "chat", "checkout"),
    functions=("summarize_ticket", "user_authentication"),
    tools=("web_search", "code_runner"),
    models=("gpt-4o", "gpt-4.1"),
)


def read(message: str, names: KnownNames = NAMES, **parameters: Any) -> Goals:
    return read_goals(message, parameters, now=NOW, names=names)


@pytest.mark.parametrize(
    "message",
    [
        "Make it cheaper at equal quality; search must answer within 500 ms and chat within 2 s.",
        "Reduce our bill but keep the quality the same. For search I can accept 500ms; chat under 2 seconds.",
        "Cut the spend while answers stay just as good. search: 500 ms, chat: 2 s",
        "Same quality for less money please; 500 ms for search, 2 s for chat",
        "We want to pay less with no loss of quality. Search has to reply in half a second, chat in 2,000 ms",
        "Lower my costs at equal quality with a p99 of 500 ms on search and 2000 ms on chat",
        "keep quality as it is, drop the bill, feature search at most 500 millis, feature chat at most 2 s",
        "Save money without hurting quality: the search feature within 0.5 s, the chat feature within 2 s",
        "Lower bill, unchanged quality. Limits: 500 ms for search; 2 s for chat",
        "How can this be cheaper? Quality must not drop, Search may take 500 msec and Chat may take 2 sec",
        "less cost, comparable quality, search < 500 ms, chat < 2 s",
    ],
)
def test_cheaper_at_equal_quality_with_a_limit_per_feature(message: str) -> None:
    goals = read(message)
    assert goals.latency_ms == {"search": 500.0, "chat": 2000.0}
    assert goals.constraints == ("quality",)
    assert (goals.priority, goals.saving_share, goals.features, goals.unread) == (Priority.COST, None, (), ())


@pytest.mark.parametrize(
    ("message", "count"),
    [
        ("We own 4x H100; would the H100 be enough?", 4),
        ("Are H100s worth it? We own 4x H100.", 4),
        ("At most 2 H100, or 3x H100 if that pays?", 2),
    ],
)
def test_a_gpu_named_twice_is_one_fleet_with_its_first_count(message: str, count: int) -> None:
    assert [(fleet.name, fleet.count) for fleet in read(message).fleets] == [("H100", count)]


@pytest.mark.parametrize(
    "message",
    [
        "3x faster at no more money",
        "Everything is too slow: I want a third of today's latency and I can't spend more.",
        "Triple the speed without raising costs",
        "Make my tools 3 times as fast within the same budget",
        "Reduce latency by 3x but the bill must stay flat",
        "I need a 3x speed-up, budget neutral",
        "Cut response times to a third without extra cost",
        "three-fold faster answers, same spend",
        "Three times faster, and the cost must not increase",
        "We need a latency 3x lower, at the current cost",
        "speed it up 3x, no additional spend",
    ],
)
def test_faster_at_no_more_money(message: str) -> None:
    goals = read(message)
    assert goals.speedup == pytest.approx(3.0)
    assert (goals.saving_share, goals.priority, goals.unread) == (0.0, Priority.PERFORMANCE, ())


@pytest.mark.parametrize(
    "message",
    [
        "Expecting 50 % more usage next month: what happens to cost and rate limits?",
        "How will 50% higher agent usage next month affect my costs and rate limits?",
        "If traffic grows by half next month, what will the bill be, and will we be throttled?",
        "Our volume will rise 50% next month. Cost and rate limits?",
        "Plan for 1.5x the traffic: bill and rate-limit headroom?",
        "50 percent more requests are coming, can our limits take it and what does it cost?",
        "Usage is about to grow fifty percent. Do we hit the TPM limit, and what do we pay?",
        "We onboard 50% more users in December; effect on spend and on rate limits?",
        "load goes to 150 % next month, tell me the invoice and the RPM we need",
        "What if demand increases by 50%? I care for cost and quota",
        "+50 % traffic next month: cost, rate limits?",
    ],
)
def test_more_usage_next_month(message: str) -> None:
    goals = read(message)
    assert goals.traffic_growth == pytest.approx(0.5)
    assert "rate_limits" in goals.analyses
    assert (goals.saving_share, goals.speedup, goals.unread) == (None, None, ())


@pytest.mark.parametrize(
    "message",
    [
        "Optimize the summarize_ticket function",
        "I need to improve `summarize_ticket`, what can I do?",
        "Please tune the function summarize_ticket",
        "How can summarize_ticket() be made cheaper?",
        'What advanced methods could improve the function "summarize_ticket"?',
        "Look at summarize_ticket only and advise",
        "our Summarize Ticket function is expensive, optimise it",
        "optimise 'summarize-ticket'",
        "Which savings are there in summarize_ticket?",
        "The function named summarize_ticket costs too much",
        "Can you make the summarize ticket function better?",
    ],
)
def test_one_named_function(message: str) -> None:
    goals = read(message)
    assert (goals.features, goals.unread) == (("summarize_ticket",), ())


@pytest.mark.parametrize(
    "message",
    [
        "Would gpt-4o-mini or claude-haiku-4-5 suit my traffic?",
        "We are considering GPT-4o mini and Claude Haiku 4-5, how would they do in our setup?",
        "Compare gpt-4o-mini with claude-haiku-4-5 on our log",
        "Could we use gpt-4o-mini, or claude-haiku-4-5, instead?",
        "How good would GPT 4o mini and claude haiku-4-5 be for what we do?",
        "gpt-4o-mini vs claude-haiku-4-5?",
        "Is GPT-4o-Mini a fit for us? Or Claude-Haiku-4-5?",
        "what happens if we route everything to gpt-4o-mini or claude-haiku-4-5",
        "Evaluate “gpt-4o-mini” and “claude-haiku-4-5” for my workload",
        "Thinking about gpt-4o-mini / claude-haiku-4-5 for this usage",
        "Do gpt-4o mini and haiku-4-5 work for my traffic?",
    ],
)
def test_would_these_models_suit(message: str) -> None:
    goals = read(message)
    assert goals.models == ("gpt-4o-mini", "claude-haiku-4-5")
    assert "right_sizing" in goals.analyses
    assert (goals.features, goals.change_at, goals.unread) == ((), None, ())


@pytest.mark.parametrize(
    "message",
    [
        "Audit all uses of KV caching to find savings",
        "Where is prompt caching worth switching on?",
        "review our prompt cache usage",
        "Is our KV cache well used? Find what can be improved",
        "check how we use prefix caching",
        "I want an audit of cached prompts across the system",
        "Are we caching prompts where it pays?",
        "Does context caching lose money anywhere?",
        "key-value cache audit, please",
        "Which prompts are cacheable?",
        "Look at every use of the prompt-cache and its TTL",
    ],
)
def test_audit_of_caching(message: str) -> None:
    goals = read(message)
    assert "prompt_caching" in goals.analyses
    assert (goals.latency_ms, goals.unread) == ({}, ())


@pytest.mark.parametrize(
    "message",
    [
        "20 % cheaper and 2x faster at 30 % more usage",
        "Costs down 20%, latency halved, with usage up 30 %. What should we do?",
        "We need to be 20% cheaper and twice as fast with 30% more traffic",
        "Save a fifth, halve latency, and expect usage to grow 30 percent",
        "I must cut costs by 20% and improve latency by 2x, and I expect a 30% increase in usage.",
        "30 % more users soon; I want a 20 % lower bill and double the speed",
        "Bring spend down by twenty percent and response times down by 2x while volume rises 30%",
        "Reduce the bill 20 %, make it 2 times faster, traffic will be 30 % higher",
        "20% savings, 2x speed, +30% load",
        "Given 30% traffic growth, how do we get 20 % off the invoice and half the latency?",
        "twice the speed, 20 percent less cost, 30 percent more requests",
    ],
)
def test_cheaper_and_faster_at_more_usage(message: str) -> None:
    goals = read(message)
    assert goals.saving_share == pytest.approx(0.2)
    assert goals.speedup == pytest.approx(2.0)
    assert goals.traffic_growth == pytest.approx(0.3)
    assert (goals.priority, goals.unread) == (Priority.BALANCED, ())


@pytest.mark.parametrize(
    "message",
    [
        "Which of our tools should move to GPT-5, and at what verbosity?",
        "Which tools should switch to gpt-5 and how verbose should it be?",
        "What agent tools would gain from gpt-5? Set the verbosity too.",
        "Tell me per tool whether gpt-5 pays, and which verbosity to use",
        "Should any tool migrate to GPT 5? At which verbosity?",
        "List the tools to move over to gpt-5 with their verbosity",
        "For every tool: stay, or gpt-5? And what output length?",
        "gpt-5 for which tools, and with what max_tokens?",
        "which tools deserve the newer model gpt-5, with how long answers, i.e. verbosity",
        "Our tools: who goes to gpt-5 and with which verbosity setting?",
    ],
)
def test_tools_for_a_newer_model_and_its_verbosity(message: str) -> None:
    goals = read(message)
    assert goals.models == ("gpt-5",)
    assert {"right_sizing", "output_length"} <= set(goals.analyses)
    assert (goals.features, goals.change_at, goals.unread) == ((), None, ())


@pytest.mark.parametrize(
    "message",
    [
        "Was yesterday's upgrade to gpt-4.1 worth it, and what should be rolled back?",
        "Was the upgrade to gpt-4.1 yesterday worth it, and which calls should we roll back?",
        "We switched to gpt-4.1 on 2026-11-20. Did it pay off?",
        "Did switching to gpt-4.1 yesterday pay off, or should I revert it?",
        "Compare before and after the migration to gpt-4.1 of 2026-11-20; undo what got worse",
        "since 2026-11-20 we use gpt-4.1. Worth it?",
        "Did the change to gpt-4.1 on 20 November make things better?",
        "gpt-4.1 was rolled out on Nov 20th: keep it or roll back?",
        "Yesterday we moved to gpt-4.1; has it been worth the money?",
        "We upgraded to gpt-4.1 last Friday. Was that a mistake?",
        "The model was changed to gpt-4.1 1 day ago, verdict?",
    ],
)
def test_was_the_upgrade_worth_it(message: str) -> None:
    goals = read(message)
    assert goals.change_at == YESTERDAY
    assert "upgrade_review" in goals.analyses
    assert (goals.models, goals.unread) == (("gpt-4.1",), ())


@pytest.mark.parametrize(
    ("message", "budget"),
    [
        ("$5,000 a month", 5_000.0),
        ("a budget of 10k", 10_000.0),
        ("budget: 10000", 10_000.0),
        ("keep it under $1.5k/month", 1_500.0),
        ("we can spend at most 120,000 dollars a year", 10_000.0),
        ("max $100 per day", 3_043.75),
        ("bring the bill from $8k to $5k a month", 5_000.0),
    ],
)
def test_a_budget_is_dollars_a_month(message: str, budget: float) -> None:
    assert read(message).budget_usd_per_month == pytest.approx(budget)


@pytest.mark.parametrize(
    ("message", "field", "value"),
    [
        ("TTFT below 300 ms", "ttft_ms_p99", 300.0),
        ("first token within half a second", "ttft_ms_p99", 500.0),
        ("TPOT of at most 25 ms", "tpot_ms_p99", 25.0),
        ("at least 40 tokens per second for each reader", "tpot_ms_p99", 25.0),
        ("p99 under 2 s", "latency_ms", {"": 2_000.0}),
        ("search and chat must answer within 1.5 s", "latency_ms", {"search": 1_500.0, "chat": 1_500.0}),
        ("it has to fit in 80 GB of GPU memory", "gpu_memory_gib", 80.0),
        ("costs may rise by at most 10 %", "saving_share", -0.1),
        ("3x cheaper", "saving_share", pytest.approx(2 / 3)),
        ("the bill down to 60 %", "saving_share", pytest.approx(0.4)),
        ("20 % slower is fine", "speedup", pytest.approx(1 / 1.2)),
        ("25 % faster", "speedup", 1.25),
        ("no slower than now", "speedup", 1.0),
        ("bring the speed to 150 %", "speedup", 1.5),
        ("bring the costs, please, down by 20 %", "saving_share", 0.2),
        ("by 20 %, please cut the bill", "saving_share", 0.2),
        ("limit search 500 ms chat 2 s", "latency_ms", {"search": 500.0, "chat": 2_000.0}),
        ("make search and chat answer within 1 s", "latency_ms", {"search": 1_000.0, "chat": 1_000.0}),
        ("cheaper and faster, please", "priority", Priority.BALANCED),
        ("traffic falls by 40 %", "traffic_growth", pytest.approx(-0.4)),
        ("traffic triples", "traffic_growth", pytest.approx(2.0)),
        ("cheaper on H100 or 4x L40S", "gpus", ("H100", "L40S")),
    ],
)
def test_a_target_is_read(message: str, field: str, value: object) -> None:
    goals = read(message)
    assert getattr(goals, field) == value
    assert goals.unread == ()


@pytest.mark.parametrize(
    ("message", "saving_share"),
    [("cut both cost and latency by 20 %", 0.2), ("cost matters and latency by 20 %", None)],
)
def test_cost_and_latency_share_one_number_where_they_stand_side_by_side(
    message: str, saving_share: float | None
) -> None:
    goals = read(message)
    assert (goals.saving_share, goals.speedup) == (saving_share, 1.25)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("we need 40 %", "“40 %”: unclear what the share refers to"),
        ("keep it under €500 a month", "“€500 a month”: sums are read in US dollars only"),
        ("at $2 per GPU hour, please", "“$2 per GPU hour”: the price of a single thing sets no target"),
        ("an average latency of 2 s, please", "“2 s”: an average is no percentile"),
        ("latency below 500", "“500”: a number without a unit"),
        ("room for 64 GB", "“64 GB”: unclear which memory"),
        (
            "throughput of 5000 tokens per second in total",
            "“5000 tokens per second”: throughput of the whole",
        ),
        ("rate limits for 20 rps", "“20 rps”: traffic is read from the log"),
        ("limit us to 8 GPUs", "“8 GPUs”: a number of GPUs without their kind"),
        ("would Claude be cheaper?", "“Claude”: a family of models"),
        ("we upgraded on 2026-13-45, worth it?", "“2026-13-45”: no day of the calendar"),
        ("20 % cheaper. Or 30 % cheaper", "“saving_share 0.3”: stated twice; the first, 0.2, is used"),
        ("optimise the feature `pricing_page`", "“pricing_page”: no feature, function or tool of this name"),
        ("cheaper, and 500 ms for invoices", "“invoices”: no feature, function or tool of this name"),
        ("What is the weather in Paris?", "“What is the weather in Paris?”: no target, name or topic"),
        ("a budget of $0", "“$0”: a budget must be above 0"),
        ("at 0 tokens per second", "“0 tokens per second”: a rate must be above 0"),
        ("100 % cheaper", "“100 %”: unclear what the share refers to"),
    ],
)
def test_what_is_not_understood_is_said(message: str, said: str) -> None:
    unread = read(message).unread
    assert len(unread) == 1
    assert unread[0].startswith(said)


@pytest.mark.parametrize(
    "message",
    [
        "we pay $8,000 a month",
        "it costs us $2 per GPU hour",
        "latency takes 900 ms today",
        "the meeting is 90 minutes",
        "we serve 20 rps",
        "a third of our spend is wasted",
        "our vendor promises 60 % savings",
        "costs went up 30 % last month",
        "we cut costs 30 %",
    ],
)
def test_a_statement_is_a_fact_and_sets_no_goal(message: str) -> None:
    goals = read(message)
    assert goals.facts == (message,)
    assert (goals.unread, goals.saving_share, goals.budget_usd_per_month, goals.limits) == (
        (),
        None,
        None,
        (),
    )


@pytest.mark.parametrize(
    "message",
    [
        "Optimize my AI workload for cost efficiency",
        "Optimize my GPU workload",
        "99 % of requests are fine, make it cheaper",
        "with a cache TTL of 300 s, is caching cheaper?",
        "use the last 30 minutes of the log to find savings",
        "what would 3 tools cost over 2 weeks?",
    ],
)
def test_a_number_that_asks_nothing_is_no_target(message: str) -> None:
    goals = read(message)
    assert goals.unread == ()
    assert (goals.saving_share, goals.speedup, goals.latency_ms, goals.budget_usd_per_month) == (
        (None, None, {}, None)
    )


def test_names_are_kept_as_said_while_the_log_is_not_read() -> None:
    goals = read("optimise `rank`, 500 ms for invoices", names=KnownNames())
    assert (goals.features, goals.latency_ms, goals.unread) == (("rank",), {"invoices": 500.0}, ())


def test_a_plan_to_upgrade_is_not_an_upgrade() -> None:
    assert read("Would an upgrade to gpt-5 be worth it?").analyses == ("right_sizing",)


def test_a_parameter_outranks_the_words() -> None:
    goals = read("20 % cheaper, 500 ms for search", saving_share="30%", latency_ms={"Search": 900})
    assert (goals.saving_share, goals.latency_ms) == (0.3, {"search": 900.0})


def test_lists_of_parameters_and_words_are_united() -> None:
    goals = read("would gpt-4o-mini do?", models=["gpt-5"], constraints=["gpu_memory", "latency"])
    assert (goals.models, goals.constraints) == (("gpt-5", "gpt-4o-mini"), ("gpu_memory", "latency"))


def test_limits_stand_in_constraints_as_text_too() -> None:
    goals = read("cheaper", constraints=["latency < 500 ms", "gpu_memory"])
    assert (goals.latency_ms, goals.constraints) == ({"": 500.0}, ("latency < 500 ms", "gpu_memory"))


def test_as_many_sentences_as_a_reader_bears() -> None:
    assert len(read(" ".join(f"{n} %." for n in range(1, 60))).unread) == UNREAD_MAX


def test_of_very_many_numbers_the_first_are_read() -> None:
    goals = read("2x faster. " + "7 " * 4_000 + " 20 % cheaper")
    assert (goals.speedup, goals.saving_share) == (2.0, None)


def test_a_long_phrase_is_cut_when_it_is_repeated() -> None:
    assert "…" in read("hello " * 100).unread[0]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["priority", "budget", "latency", "constraints", "targets", "models", "change_at", "gpu"]
)
WORDS = """20%|2x|$5k|500 ms|for search|cheaper|faster|and|by|to|no more|cost|half|yesterday|2026-02-31|gpt-4o
|H100|'|"|(|the change|was|-|,|.|80 GB|p99|of|from|tokens per second|budget|not|1e9|0 %|£3|feature|third"""
PIECES = st.sampled_from(WORDS.split("|"))


@settings(max_examples=60, deadline=None)
@given(
    message=st.text(max_size=200) | st.lists(PIECES, max_size=14).map(" ".join),
    parameters=st.dictionaries(KEYS | st.text(max_size=10), JSON, max_size=4),
)
def test_no_text_and_no_value_makes_it_raise(message: str, parameters: dict[str, Any]) -> None:
    goals = read_goals(message, parameters, now=NOW, names=NAMES)
    assert all(limit > 0 for limit in goals.latency_ms.values())
    assert goals.budget_usd_per_month is None or goals.budget_usd_per_month > 0
    assert goals.saving_share is None or goals.saving_share < 1
    assert goals.speedup is None or goals.speedup > 0


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("Which tools should move to a newer model?", "tool"),
        ("Which of our features are too verbose?", "feature"),
        ("What prompts cost most?", "template"),
        ("Split by function, please", "template"),
        ("Which model is cheaper?", None),
    ],
)
def test_a_question_about_each_part_is_told_part_by_part(words: str, part: str | None) -> None:
    assert read_goals(words, {}, now=datetime(2026, 11, 21, tzinfo=UTC)).split_by == part


@pytest.mark.parametrize(
    ("message", "change_at"),
    [
        ("Why did costs go up yesterday?", YESTERDAY),
        ("why has our bill risen since 2026-11-20", YESTERDAY),
        ("What made the LLM spend jump?", None),
        ("Explain the increase of the bill", None),
        ("What drove the higher costs of the chat feature?", None),
    ],
)
def test_a_question_why_the_bill_changed_asks_for_an_explanation(
    message: str, change_at: datetime | None
) -> None:
    goals = read(message)
    assert goals.analyses[0] == "explain"
    assert (goals.change_at, goals.unread) == (change_at, ())


@pytest.mark.parametrize(
    "message",
    ["Why is gpt-4o so expensive?", "Cut the costs by 20 %", "How high would the bill be with 50 % more?"],
)
def test_another_question_about_the_bill_asks_for_none(message: str) -> None:
    assert "explain" not in read(message).analyses
