"""What may be spent on a language model: budgets of a run and of a user's day, and who has used how much.

Nothing here knows a provider or what a model says.
"""

from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing
from datetime import date
from typing import Final

import msgspec

from netra.domain.ids import RunId, UserId
from netra.ports.clock import Clock
from netra.ports.language_model import (
    Answer,
    LanguageModel,
    LanguageModelFailed,
    LanguageModelOverBudget,
    Prompt,
    TextPiece,
    Usage,
)

BYTES_PER_TOKEN: Final = 3  # English has about 4; too many tokens guessed is the safe side
MESSAGE_TOKENS: Final = 8  # what a turn costs beside its words
ACCOUNTS_MAX: Final = 100_000  # runs and users remembered; whoever was quiet longest goes first

Key = RunId | tuple[UserId, date]  # a run, or a user's day (UTC)


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """The most of each that may be used; 0 sets no bound."""

    tokens: int = 0
    usd: float = 0.0

    def has_room(self, used: Usage) -> bool:
        """Return whether `used` keeps to it; an unknown cost is bounded by its tokens alone."""
        tokens = used.input_tokens + used.output_tokens
        fits_tokens = not self.tokens or tokens <= self.tokens
        return fits_tokens and (not self.usd or used.cost_usd is None or used.cost_usd <= self.usd)


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


class Ledger:
    """Who has used how much, of those that did lately; one process's own."""

    def __init__(self, *, accounts_max: int) -> None:
        self._accounts_max = accounts_max
        self._used: OrderedDict[Key, Usage] = OrderedDict()

    def used(self, key: Key) -> Usage:
        """Return what is booked on `key`."""
        return self._used.get(key, Usage())

    def book(self, keys: Iterable[Key], usage: Usage) -> None:
        """Add `usage`, which may be less than nothing, to every key."""
        for key in keys:
            self._used[key] = self.used(key).plus(usage)
            self._used.move_to_end(key)
        while len(self._used) > self._accounts_max:
            self._used.popitem(last=False)


class BudgetedLanguageModel:
    """`LanguageModel` that asks another one as long as the budgets allow.

    The most that an answer may take is set aside before the question is asked, so that any number
    asked at once keep to the budget together; what was not used goes back. What is given up
    half-way counts by its words, as the provider never says.
    """

    def __init__(
        self,
        inner: LanguageModel,
        *,
        budgets: Budgets,
        clock: Clock,
        cost_usd: Callable[[Usage], float | None],
        accounts_max: int = ACCOUNTS_MAX,
    ) -> None:
        self._inner = inner
        self._budgets = budgets
        self._clock = clock
        self._ledger = Ledger(accounts_max=accounts_max)
        self._cost_usd = cost_usd

    @property
    def name(self) -> str:
        """The inner model's name."""
        return self._inner.name

    async def ask(self, prompt: Prompt) -> AsyncGenerator[TextPiece | Answer]:
        """Ask the inner model. Raises `LanguageModelOverBudget` before anything is sent."""
        budgets = self._budgets_of(prompt)
        aside = self._priced(prompt, output_tokens=prompt.max_output_tokens)
        for key, budget in budgets.items():
            if not budget.has_room(self._ledger.used(key).plus(aside)):
                whose = "user's budget of today" if isinstance(key, tuple) else "run's budget"
                raise LanguageModelOverBudget(f"The {whose} for the language model is used up.")
        self._ledger.book(budgets, aside)
        said = 0
        used: Usage | None = None
        try:
            async with aclosing(self._inner.ask(prompt)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Answer):
                        used = piece.usage
                    else:
                        said += text_tokens(piece.text)
                    yield piece
        except LanguageModelFailed as failure:
            used = failure.usage
            raise
        finally:
            used = used or self._priced(prompt, output_tokens=said)
            self._ledger.book(budgets, _less(used, aside))

    def _budgets_of(self, prompt: Prompt) -> Mapping[Key, Budget]:
        found: dict[Key, Budget] = {}
        if prompt.run_id is not None:
            found[prompt.run_id] = self._budgets.run
        if prompt.owner_id is not None:
            found[prompt.owner_id, self._clock.now().date()] = self._budgets.user_day
        return found

    def _priced(self, prompt: Prompt, *, output_tokens: int) -> Usage:
        guessed = Usage(
            input_tokens=prompt_tokens(prompt), output_tokens=output_tokens, calls=1, is_estimated=True
        )
        return msgspec.structs.replace(guessed, cost_usd=self._cost_usd(guessed))


def _less(used: Usage, aside: Usage) -> Usage:
    """Return what to book so that `used` stays of `aside`; a cost nobody knows counts as none."""
    return Usage(
        input_tokens=used.input_tokens - aside.input_tokens,
        output_tokens=used.output_tokens - aside.output_tokens,
        cost_usd=(used.cost_usd or 0.0) - (aside.cost_usd or 0.0),
        calls=used.calls - aside.calls,
    )
