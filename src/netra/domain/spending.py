"""What may be spent on a language model: the budgets of a run and of a user's day, and the model within them.

Nothing here knows a provider or what a model says.
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Final

import msgspec

from netra.domain.errors import Unavailable
from netra.ports.clock import Clock
from netra.ports.incidents import Incidents
from netra.ports.language_model import (
    Answer,
    LanguageModel,
    LanguageModelFailed,
    LanguageModelOverBudget,
    LanguageModelUnavailable,
    Prompt,
    TextPiece,
    Usage,
)
from netra.ports.spending import AccountId, Amount, Limit, SpendingBook

BYTES_PER_TOKEN: Final = 3  # English has about 4; too many tokens guessed is the safe side
MESSAGE_TOKENS: Final = 8  # what a turn costs beside its words
RUN: Final = "run "  # what an account's name begins with
USER_DAY: Final = "user "


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """The most of each that may be used; 0 sets no bound."""

    tokens: int = 0
    usd: float = 0.0

    def limit_of(self, account: str) -> Limit:
        """Return the limit that it sets to `account`."""
        return Limit(account=AccountId(account), tokens=self.tokens, nano_usd=nano(self.usd))


class Budgets(msgspec.Struct, frozen=True, kw_only=True):
    """What one run, and one user on one day (UTC), may use."""

    run: Budget = Budget()
    user_day: Budget = Budget()


def text_tokens(text: str) -> int:
    """Return about how many tokens `text` has, rather too many than too few.

    >>> text_tokens("What would prompt caching save?")
    11
    """
    return -(-len(text.encode()) // BYTES_PER_TOKEN)


def prompt_tokens(prompt: Prompt) -> int:
    """Return about how many tokens `prompt` has, with its tools and its schema."""
    words = sum(text_tokens(message.text) + MESSAGE_TOKENS for message in prompt.messages)
    calls = [call.arguments_json for message in prompt.messages for call in message.tool_calls]
    frame = msgspec.json.encode((calls, prompt.tools, prompt.answer_schema)).decode()
    return words + text_tokens(frame)


def nano(usd: float | None) -> int:
    """Return nano-dollars; a cost nobody knows is bounded by its tokens alone, so it counts as none.

    >>> nano(0.5), nano(None)
    (500000000, 0)
    """
    return 0 if usd is None else round(usd * 1e9)


class BudgetedLanguageModel:
    """`LanguageModel` that asks another one as long as the budgets allow.

    The most that an answer may take is reserved before the question is asked, so that any number asked
    at the same time, in any process, keep to the budget together; the rest is given back afterwards. An
    answer that is given up half-way counts by its text, as the provider does not say what it cost. What
    a killed process had reserved stays booked: it may have been spent.
    """

    def __init__(
        self,
        inner: LanguageModel,
        *,
        budgets: Budgets,
        book: SpendingBook,
        clock: Clock,
        incidents: Incidents,
        cost_usd: Callable[[Usage], float | None],
    ) -> None:
        self._inner = inner
        self._budgets = budgets
        self._book = book
        self._clock = clock
        self._incidents = incidents
        self._cost_usd = cost_usd

    @property
    def name(self) -> str:
        """The inner model's name."""
        return self._inner.name

    async def ask(self, prompt: Prompt) -> AsyncGenerator[TextPiece | Answer]:
        """Ask the inner model.

        Raises `LanguageModelOverBudget`, or `LanguageModelUnavailable` when the budget cannot be looked
        up, before anything is sent.
        """
        limits = self._limits_of(prompt)
        reserved = self._priced(prompt, output_tokens=prompt.max_output_tokens)
        await self._reserve(reserved, limits=limits)
        answered = 0
        used: Usage | None = None
        try:
            async with aclosing(self._inner.ask(prompt)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Answer):
                        used = piece.usage
                    else:
                        answered += text_tokens(piece.text)
                    yield piece
        except LanguageModelFailed as failure:
            used = failure.usage
            raise
        finally:
            used = used or self._priced(prompt, output_tokens=answered)
            await self._settle(used, reserved=reserved, limits=limits)

    async def _reserve(self, reserved: Usage, *, limits: Sequence[Limit]) -> None:
        if not limits:
            return
        try:
            full = await self._book.reserve(_amount(reserved), limits=limits, at=self._clock.now())
        except Unavailable as error:
            raise LanguageModelUnavailable(
                "The budget for the language model cannot be looked up."
            ) from error
        if full is not None:
            whose = "user's budget of today" if full.startswith(USER_DAY) else "run's budget"
            raise LanguageModelOverBudget(f"The {whose} for the language model is used up.")

    async def _settle(self, used: Usage, *, reserved: Usage, limits: Sequence[Limit]) -> None:
        if not limits:
            return
        spent, before = _amount(used), _amount(reserved)
        difference = Amount(tokens=spent.tokens - before.tokens, nano_usd=spent.nano_usd - before.nano_usd)
        try:
            await self._book.settle(difference, accounts=[limit.account for limit in limits])
        except Unavailable as error:  # the answer is there; too much stays booked, which is the safe side
            self._incidents.report(error, where="settling what the language model cost")

    def _limits_of(self, prompt: Prompt) -> Sequence[Limit]:
        limits: list[Limit] = []
        if prompt.run_id is not None:
            limits.append(self._budgets.run.limit_of(f"{RUN}{prompt.run_id}"))
        if prompt.owner_id is not None:
            day = self._clock.now().date()
            limits.append(self._budgets.user_day.limit_of(f"{USER_DAY}{prompt.owner_id} {day}"))
        return limits

    def _priced(self, prompt: Prompt, *, output_tokens: int) -> Usage:
        guessed = Usage(
            input_tokens=prompt_tokens(prompt), output_tokens=output_tokens, calls=1, is_estimated=True
        )
        return msgspec.structs.replace(guessed, cost_usd=self._cost_usd(guessed))


def _amount(usage: Usage) -> Amount:
    return Amount(tokens=usage.input_tokens + usage.output_tokens, nano_usd=nano(usage.cost_usd))
