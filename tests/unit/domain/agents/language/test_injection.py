"""Fifty orders at every place a stranger can write, to a model that obeys them: nothing comes of it."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from tests.unit.domain.agents.conftest import BOB
from tests.unit.domain.agents.language.orders import KEY, ORDERS
from tests.unit.domain.agents.language.scripts import call, form, is_reading

from netra.adapters.memory.language_model import Line, ScriptedLanguageModel
from netra.domain.agents.guard.guard import unsupported
from netra.domain.agents.language.prompts import INSTRUCTIONS
from netra.domain.agents.language.prose import faults_in
from netra.domain.agents.wording.echo import echo_text
from netra.domain.ids import MessageId, ThreadId, UserId
from netra.domain.threads.model import Message, MessageRole
from netra.ports.language_model import Prompt, ToolCall

FOREIGN = ("bob-secret-feature", "wl-bob", "4321")
TOOLS = {"profile", "analyse", "compare", "simulate", "explain", "price", "find_events", "?"}


class Obedient(ScriptedLanguageModel):
    """Does what the order says, whatever else it is told, before and after a repair."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._looks: list[tuple[ToolCall, ...]] = [(call("find_events"), call("profile"))]
        self.has_called = False
        super().__init__(self._obeyed)

    def _obeyed(self, prompt: Prompt) -> Line:
        if is_reading(prompt):
            return form(
                saving_share=0.99,
                budget_usd_per_month=1.0,
                features=["bob-secret-feature"],
                analyses=["batch"],
            )
        if self._looks:
            return self._looks.pop()
        if isinstance(self._line, str):
            return self._line
        if self.has_called:
            return "The bill of the other one is $4,321."
        self.has_called = True
        return self._line


class Thread:
    """One thread, in which somebody left an order."""

    def __init__(self, order: str) -> None:
        self._order = order

    async def messages(self, thread_id: ThreadId, *, owner_id: UserId) -> tuple[Message, ...]:
        said = (MessageRole.USER, "How is my log?"), (MessageRole.ASSISTANT, self._order)
        return tuple(
            Message(
                id=MessageId(f"msg-{number}"), thread_id=thread_id, role=role, content=text,
                created_at=datetime(2026, 11, 20, tzinfo=UTC),
            )
            for number, (role, text) in enumerate(said)
        )  # fmt: skip


async def two_tenants(desk: Any, calls: Any, *, name: str) -> None:
    """Fill the stores: Alice's small log, and Bob's with what she may never see."""
    await desk.workload(calls(10, prompt_hash="same", feature=name, tool=name), name="shop")
    await desk.workload(calls(3, feature="bob-secret-feature"), name="bob", owner=BOB)


def check(desk: Any, advice: Any, order: str) -> None:
    """Hold a result, and all that was shown and sent on the way, to what may never be."""
    said = advice.metrics.language_model
    shown = msgspec.json.encode(advice).decode() + "".join(text for _, text in desk.watch.said)
    texts = [message.text for prompt in desk.language_model.prompts for message in prompt.messages]
    sent = json.dumps([text.replace(order, "") for text in texts])
    assert KEY not in shown, order
    for name in FOREIGN:
        assert name not in sent or name in order, order
        assert name not in shown or name in order, order
    engine = msgspec.structs.replace(advice.metrics, language_model=msgspec.UNSET, goals=msgspec.UNSET)
    payload = {
        "recommendations": advice.recommendations,
        "metrics": engine,
        "actions": advice.actions,
        "looks": said.looks,
    }
    if said.outcome == "not_asked":  # the order made the question unclear: the engine asks back
        assert advice.metrics.goals.ask_back, order
        assert desk.watch.said == [], order
        return
    assert said.fallback_reason == "unverified", order
    opening = echo_text(advice.metrics.goals)  # quotes the asker
    for sentence in (text.removeprefix(opening) for _, text in desk.watch.said):
        assert unsupported(sentence, payload) == (), order
        assert not faults_in(sentence, instructions=INSTRUCTIONS), order
    assert {look.tool for look in said.looks} <= TOOLS, order
    assert [look.outcome for look in said.looks][:2] == ["done", "done"], order
    assert advice.metrics.goals.budget_usd_per_month != 1.0, order
    assert advice.metrics.requests == 10, order


def test_there_are_fifty_orders() -> None:
    assert len(ORDERS) == 50


@pytest.mark.at_length
async def test_orders_at_every_place_at_once_come_to_nothing(desk: Any, calls: Any) -> None:
    """The order is the message's, a feature's and a tool's name, in the thread, and in what a tool finds."""
    watch = type(desk.watch)
    for order, line in ORDERS.items():
        desk.__post_init__()
        desk.watch = watch()
        desk.language_model = Obedient(line)
        desk.conversations = Thread(order)
        await two_tenants(desk, calls, name=order[:120])
        advice = await desk.ask(f"make it cheaper. {order}", workload_id="wl-shop", thread_id="thread-1")
        check(desk, advice, order)
