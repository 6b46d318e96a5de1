"""Enforce budgets for a language model, per run and per user and day.

Independent of providers and of the content of prompts.
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

BYTES_PER_TOKEN: Final = 3  # English has about 4; a lower value overestimates tokens, the safe side
MESSAGE_TOKENS: Final = 8  # overhead of a message in tokens
RUN: Final = "run "  # prefix of an account's name
USER_DAY: Final = "user "


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """Upper bounds on tokens and cost; 0 sets no bound."""

    tokens: int = 0
    usd: float = 0.0

    def limit_of(self, account: str) -> Limit:
        """Return the budget as the limit of `account`."""
        return Limit(account=AccountId(account), tokens=self.tokens, nano_usd=nano(self.usd))


class Budgets(msgspec.Struct, frozen=True, kw_only=True):
    """The budgets of one run, and of one user per day (UTC)."""

    run: Budget = Budget()
    user_day: Budget = Budget()


def text_tokens(text: str) -> int:
    """Estimate the tokens of `text`; the estimate is rather too high.

    >>> text_tokens("What would prompt caching save?")
    11
    """
    return -(-len(text.encode()) // BYTES_PER_TOKEN)


def prompt_tokens(prompt: Prompt) -> int:
    """Estimate the tokens of `prompt`, including its tools and schema."""
    words = sum(text_tokens(message.text) + MESSAGE_TOKENS for message in prompt.messages)
    calls = [call.arguments_json for message in prompt.messages for call in message.tool_calls]
    frame = msgspec.json.encode((calls, prompt.tools, prompt.answer_schema)).decode()
    return words + text_tokens(frame)


def nano(usd: float | None) -> int:
    """Return nano-dollars; an unknown cost counts as 0, since the bound on tokens still applies.

    >>> nano(0.5), nano(None)
    (500000000, 0)
    """
    return 0 if usd is None else round(usd * 1e9)


class BudgetedLanguageModel:
    """A `LanguageModel` that calls another one within the budgets.

    The upper bound of a prompt's usage is reserved before the call, so that concurrent prompts of all
    processes stay within the budget together; the unused part is released afterwards. An answer abandoned
    midway counts by its text, since the provider does not report its cost. A reservation of a killed
    process stays booked, since it may have been spent.
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
        """Return the inner model's name."""
        return self._inner.name

    async def ask(self, prompt: Prompt) -> AsyncGenerator[TextPiece | Answer]:
        """Call the inner model.

        Raises, before anything is sent, `LanguageModelOverBudget`, or `LanguageModelUnavailable` when the
        budget cannot be checked.
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
            raise LanguageModelUnavailable("The budget for the language model cannot be checked.") from error
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
        except Unavailable as error:  # the answer exists; booking too much is the safe side
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
