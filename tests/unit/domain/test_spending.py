"""Budgets hold for any number at once, and what was not used goes back."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import SteppedClock
from tests.contracts.shared import Reported

from netra.adapters.memory.language_model import Line, ScriptedLanguageModel
from netra.adapters.memory.spending import MemorySpendingBook
from netra.domain.errors import Unavailable
from netra.domain.ids import RunId, UserId
from netra.domain.spending import Budget, BudgetedLanguageModel, Budgets, prompt_tokens, text_tokens
from netra.ports.language_model import (
    Answer,
    LanguageModel,
    LanguageModelFailed,
    LanguageModelOverBudget,
    LanguageModelUnavailable,
    Prompt,
    PromptMessage,
    TextPiece,
    ToolCall,
    Usage,
)
from netra.ports.spending import AccountId, Amount, Limit, SpendingBook

ASKED = Prompt(
    messages=(PromptMessage(role="user", text="one two three"),),
    max_output_tokens=100,
    run_id=RunId("run-1"),
    owner_id=UserId(7),
)
NEEDS = prompt_tokens(ASKED) + 100  # tokens set aside for one answer


def usd(usage: Usage) -> float | None:
    return usage.input_tokens * 0.001 + usage.output_tokens * 0.01


def budgeted(
    clock: SteppedClock, *, run: Budget | None = None, day: Budget | None = None, line: Line = "yes it is"
) -> BudgetedLanguageModel:
    budgets = Budgets(run=run or Budget(), user_day=day or Budget())
    return wrapped(ScriptedLanguageModel(lambda _: line), clock, budgets=budgets)


def wrapped(
    inner: LanguageModel,
    clock: SteppedClock,
    *,
    budgets: Budgets | None = None,
    book: SpendingBook | None = None,
    incidents: Reported | None = None,
    cost_usd: Callable[[Usage], float | None] = usd,
) -> BudgetedLanguageModel:
    return BudgetedLanguageModel(
        inner,
        budgets=budgets or Budgets(),
        book=book or MemorySpendingBook(),
        clock=clock,
        incidents=incidents or Reported(),
        cost_usd=cost_usd,
    )


async def heard(model: BudgetedLanguageModel, prompt: Prompt = ASKED) -> Answer:
    async with aclosing(model.ask(prompt)) as stream:
        items = [item async for item in stream]
    assert isinstance(items[-1], Answer)
    return items[-1]


async def test_what_was_set_aside_and_not_used_goes_back(clock: SteppedClock) -> None:
    model = budgeted(clock, run=Budget(tokens=NEEDS + 12))
    for _ in range(3):  # each uses 3 tokens in and 3 out, and needs all the rest for a moment
        await heard(model)
    with pytest.raises(LanguageModelOverBudget, match="run's budget"):
        await heard(model)


async def test_another_run_of_the_same_user_has_its_own_budget(clock: SteppedClock) -> None:
    model = budgeted(clock, run=Budget(tokens=NEEDS))
    await heard(model)
    with pytest.raises(LanguageModelOverBudget):
        await heard(model)
    await heard(model, Prompt(messages=ASKED.messages, max_output_tokens=100, run_id=RunId("run-2")))


async def test_a_users_budget_is_of_one_day(clock: SteppedClock) -> None:
    model = budgeted(clock, day=Budget(tokens=NEEDS))
    await heard(model)
    with pytest.raises(LanguageModelOverBudget, match="today"):
        await heard(model)
    clock.turn(86_400)
    await heard(model)


async def test_an_answer_over_midnight_counts_on_the_day_it_began(clock: SteppedClock) -> None:
    model = budgeted(clock, day=Budget(tokens=NEEDS))
    async with aclosing(model.ask(ASKED)) as stream:
        await anext(stream)
        clock.turn(86_400)
        async for _ in stream:
            pass
    await heard(model)
    with pytest.raises(LanguageModelOverBudget):
        await heard(model)


async def test_money_is_bounded_as_tokens_are(clock: SteppedClock) -> None:
    dollars = usd(Usage(input_tokens=prompt_tokens(ASKED), output_tokens=100))
    assert dollars is not None
    model = budgeted(clock, run=Budget(usd=dollars))
    with pytest.raises(LanguageModelOverBudget):
        await heard(budgeted(clock, run=Budget(usd=dollars - 0.001)))
    await heard(model)


async def test_two_at_once_do_not_share_what_is_left_for_one(clock: SteppedClock) -> None:
    model = budgeted(clock, run=Budget(tokens=NEEDS + NEEDS - 1))
    async with aclosing(model.ask(ASKED)) as first:
        await anext(first)
        with pytest.raises(LanguageModelOverBudget):
            await heard(model)
    await heard(model)


async def test_nothing_is_sent_when_the_budget_is_used_up(clock: SteppedClock) -> None:
    inner = ScriptedLanguageModel(lambda _: "yes")
    budgets = Budgets(run=Budget(tokens=1))
    model = wrapped(inner, clock, budgets=budgets)
    with pytest.raises(LanguageModelOverBudget):
        await heard(model)
    assert inner.prompts == []


async def test_what_is_given_up_half_way_counts_by_its_words(clock: SteppedClock) -> None:
    model = budgeted(clock, run=Budget(tokens=NEEDS + prompt_tokens(ASKED)), line="many words indeed")
    async with aclosing(model.ask(ASKED)) as stream:
        piece = await anext(stream)
    assert isinstance(piece, TextPiece)
    with pytest.raises(LanguageModelOverBudget):  # the prompt and a word of it are spent
        await heard(model)


async def test_a_failure_counts_what_it_says_it_cost(clock: SteppedClock) -> None:
    failure = LanguageModelFailed("no", usage=Usage(input_tokens=50, output_tokens=50))
    model = budgeted(clock, run=Budget(tokens=NEEDS + 99), line=failure)
    with pytest.raises(LanguageModelFailed, match="no"):
        await heard(model)
    with pytest.raises(LanguageModelOverBudget):
        await heard(model)


async def test_without_a_budget_or_an_owner_nothing_is_refused(clock: SteppedClock) -> None:
    free = Prompt(messages=ASKED.messages)
    for _ in range(3):
        await heard(budgeted(clock, run=Budget(tokens=1), day=Budget(tokens=1)), free)
        await heard(budgeted(clock))


async def test_a_price_that_nobody_knows_leaves_the_tokens_bounded(clock: SteppedClock) -> None:
    inner = ScriptedLanguageModel(lambda _: "yes")
    budgets = Budgets(run=Budget(tokens=NEEDS, usd=0.000_001))
    model = wrapped(inner, clock, budgets=budgets, cost_usd=lambda _: None)
    await heard(model)
    with pytest.raises(LanguageModelOverBudget):
        await heard(model)


class Away(MemorySpendingBook):
    """A book whose store is away, for reservations or for settlements."""

    def __init__(self, *, for_: str) -> None:
        super().__init__()
        self._for = for_

    async def reserve(self, amount: Amount, *, limits: Sequence[Limit], at: datetime) -> AccountId | None:
        if self._for == "reservations":
            raise Unavailable("The database does not answer.")
        return await super().reserve(amount, limits=limits, at=at)

    async def settle(self, difference: Amount, *, accounts: Sequence[AccountId]) -> None:
        raise Unavailable("The database does not answer.")


async def test_nothing_is_sent_when_the_budget_cannot_be_looked_up(clock: SteppedClock) -> None:
    inner = ScriptedLanguageModel(lambda _: "yes")
    with pytest.raises(LanguageModelUnavailable, match="cannot be checked"):
        await heard(wrapped(inner, clock, book=Away(for_="reservations")))
    assert inner.prompts == []


async def test_an_answer_that_cannot_be_settled_is_given_and_stays_reserved(clock: SteppedClock) -> None:
    book, incidents = Away(for_="settlements"), Reported()
    inner = ScriptedLanguageModel(lambda _: "yes")
    assert (await heard(wrapped(inner, clock, book=book, incidents=incidents))).text == "yes"
    assert (await book.booked(AccountId("run run-1"))).tokens == NEEDS
    assert [type(one) for one in incidents.errors] == [Unavailable]


async def test_two_processes_on_one_book_keep_to_the_budget_together(clock: SteppedClock) -> None:
    book = MemorySpendingBook()
    budgets = Budgets(user_day=Budget(tokens=NEEDS))
    first, second = (
        wrapped(ScriptedLanguageModel(lambda _: "yes"), clock, book=book, budgets=budgets) for _ in range(2)
    )
    await heard(first)
    with pytest.raises(LanguageModelOverBudget, match="today"):
        await heard(second)


def test_the_name_is_the_inner_models(clock: SteppedClock) -> None:
    assert budgeted(clock).name == "scripted"


def test_a_prompts_tools_schema_and_calls_count_too() -> None:
    call = ToolCall(call_id="c", name="n", arguments_json='{"a": "' + "x" * 300 + '"}')
    turn = PromptMessage(role="assistant", text="", tool_calls=(call,))
    assert prompt_tokens(Prompt(messages=(turn,))) > 100
    wide = {"type": "object", "description": "x" * 300}
    assert prompt_tokens(Prompt(messages=(), answer_schema=wide)) > 100


@given(st.text(max_size=200), st.text(max_size=200))
def test_two_texts_have_no_fewer_tokens_than_both_together(one: str, other: str) -> None:
    assert text_tokens(one + other) <= text_tokens(one) + text_tokens(other)


async def test_a_closed_stream_is_closed_inside_too(clock: SteppedClock) -> None:
    closed: list[bool] = []

    class Watched:
        name = "watched"

        async def ask(self, prompt: Prompt) -> AsyncGenerator[TextPiece | Answer]:
            try:
                yield TextPiece(text="a")
                yield TextPiece(text="b")
            finally:
                closed.append(True)

    model = wrapped(Watched(), clock)
    async with aclosing(model.ask(ASKED)) as stream:
        await anext(stream)
    assert closed == [True]
