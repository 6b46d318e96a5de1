"""What an endpoint can do wrong, over real HTTP: each fault has its name, its time, and no word passed on.

llmock makes the faults that providers make; `tests/servers/endpoint.py` those that nobody should.
"""

import asyncio
import gzip
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
from tests.conftest import SteppedClock
from tests.servers.endpoint import (
    STREAM_HEAD,
    Asked,
    BadEndpoint,
    Script,
    bad_endpoint,
    chat,
    event,
    replying,
    silent,
    speaking_until_hung_up,
    streaming,
)
from tests.waiting import happens, until

from netra.adapters.local.clock import SystemClock
from netra.adapters.openai.breaker import Breaker
from netra.adapters.openai.connection import LOGGERS, Opened, open_openai
from netra.adapters.openai.endpoint import Endpoint
from netra.domain.errors import Unavailable
from netra.ports.language_model import (
    Answer,
    LanguageModelFailed,
    LanguageModelMalformed,
    LanguageModelMisconfigured,
    LanguageModelRateLimited,
    LanguageModelRefused,
    LanguageModelTimedOut,
    LanguageModelTruncated,
    LanguageModelUnavailable,
    Prompt,
    PromptMessage,
    Tool,
)

pytestmark = pytest.mark.system

LONG_S = 3_600.0  # above what a test may take: no deadline explains the end of anything here
PROMPT = Prompt(messages=(PromptMessage(role="user", text="canary-of-a-prompt"),), deadline_s=LONG_S)
TOOLS = Prompt(
    messages=PROMPT.messages,
    tools=(Tool(name="profile", description="d", parameters={"type": "object", "properties": {}}),),
)
SCHEMA = {"type": "object", "properties": {"goal": {"type": "string"}}, "required": ["goal"]}
BY_SCHEMA = Prompt(messages=PROMPT.messages, answer_schema=SCHEMA, deadline_s=LONG_S)
KEY = "sk-canary-of-a-key"
APIS = pytest.mark.parametrize("api", ["chat", "responses"])


@asynccontextmanager
async def opened_at(
    url: str,
    *,
    api: Any = "chat",
    silence_s: float = LONG_S,
    connections: int = 8,
    breaker: Breaker | None = None,
) -> AsyncGenerator[Opened]:
    clock = SystemClock()
    endpoint = Endpoint(
        model="gpt-4o",
        url=url,
        key=KEY,
        api=api,
        silence_s=silence_s,
        connections=connections,
        backoff_s=0.1,
    )
    async with open_openai(endpoint, clock=clock, breaker=breaker or Breaker(clock=clock)) as opened:
        yield opened


async def heard(opened: Opened, prompt: Prompt = PROMPT) -> Answer:
    async with aclosing(opened.model.ask(prompt)) as stream:
        items = [item async for item in stream]
    assert isinstance(items[-1], Answer)
    return items[-1]


async def is_hung_up_on(asked: Asked) -> None:
    """Return once the client has hung up, long before any deadline; `bench/faults.py` measures how soon."""
    await happens(asked.gone.wait(), "the hang-up at the provider")


@pytest.fixture
async def endpoint() -> AsyncGenerator[BadEndpoint]:
    async with bad_endpoint() as running:
        yield running


@APIS
@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        pytest.param(lambda it: it.fail(400), LanguageModelMisconfigured, id="bad request"),
        pytest.param(lambda it: it.fail(401), LanguageModelMisconfigured, id="wrong key"),
        pytest.param(lambda it: it.fail(403), LanguageModelMisconfigured, id="forbidden"),
        pytest.param(lambda it: it.fail(404), LanguageModelMisconfigured, id="no such model"),
        pytest.param(lambda it: it.fail(422), LanguageModelMisconfigured, id="unprocessable"),
        pytest.param(lambda it: it.context_overflow(), LanguageModelMisconfigured, id="too long"),
        pytest.param(
            lambda it: it.fail(400, code="content_policy_violation"), LanguageModelRefused, id="filtered"
        ),
        pytest.param(
            lambda it: it.fail(429, code="insufficient_quota"), LanguageModelRateLimited, id="no credit"
        ),
        pytest.param(
            lambda it: it.rate_limit(times=None, retry_after=100_000),
            LanguageModelRateLimited,
            id="429 for long",
        ),
        pytest.param(lambda it: it.truncate(after_chunks=3), LanguageModelTruncated, id="truncate"),
        pytest.param(lambda it: it.corrupt(after_chunks=3), LanguageModelMalformed, id="corrupt"),
    ],
)
async def test_a_fault_that_stays_is_named_at_once(
    llmock: Any, api: str, fault: Callable[[Any], Any], failure: type[LanguageModelFailed]
) -> None:
    fault(llmock)
    async with opened_at(llmock.base_url(), api=api) as opened:
        with pytest.raises(failure) as raised:
            await heard(opened)
    assert raised.value.usage.calls == len(llmock.requests) == 1


@APIS
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(lambda it: it.rate_limit(times=2, retry_after=0.1), id="429"),
        pytest.param(lambda it: it.fail(500, times=2), id="500"),
        pytest.param(lambda it: it.fail(529), id="529"),
        pytest.param(lambda it: it.limits(rpm=240).delay(0.0), id="quota"),
        pytest.param(lambda it: it.delay(0.3), id="delay"),
        pytest.param(lambda it: it.slow_first_token(0.3), id="slow first token"),
        pytest.param(lambda it: it.pace(5), id="paced"),
    ],
)
async def test_a_fault_that_passes_is_outlived(llmock: Any, api: str, fault: Callable[[Any], Any]) -> None:
    llmock.reply("All is well.", times=None)
    fault(llmock)
    async with opened_at(llmock.base_url(), api=api) as opened:
        answer = await heard(opened)
    assert answer.text == "All is well."
    llmock.assert_resilient(strict=True)


@APIS
async def test_a_lost_connection_is_named_or_outlived_but_never_an_answer(llmock: Any, api: str) -> None:
    llmock.disconnect(after_chunks=8, times=None).reply("One two three four five six seven.", times=None)
    async with opened_at(llmock.base_url(), api=api) as opened:
        with pytest.raises(LanguageModelUnavailable) as raised:
            await heard(opened)
    usage = raised.value.usage
    assert (usage.calls, usage.is_estimated) == (1, True)  # words were shown: it is not begun again


@APIS
async def test_a_stall_ends_with_the_silence_that_the_settings_allow(llmock: Any, api: str) -> None:
    llmock.stall(after_chunks=3, seconds=4)  # then it goes on, and would be an answer
    async with opened_at(llmock.base_url(), api=api, silence_s=0.3) as opened:
        with pytest.raises(LanguageModelTimedOut):
            await heard(opened)


@APIS
async def test_an_outage_ends_as_unavailable_after_three_attempts(llmock: Any, api: str) -> None:
    llmock.outage()
    async with opened_at(llmock.base_url(), api=api) as opened:
        with pytest.raises(LanguageModelUnavailable) as raised:
            await heard(opened)
    assert raised.value.usage.calls == 3


@APIS
@pytest.mark.parametrize("kind", ["malformed_arguments", "unknown_tool"])
async def test_a_broken_tool_call_is_no_tool_call(llmock: Any, api: str, kind: str) -> None:
    llmock.break_tool_call(kind)
    async with opened_at(llmock.base_url(), api=api) as opened:
        with pytest.raises(LanguageModelMalformed):
            await heard(opened, TOOLS)


@APIS
@pytest.mark.parametrize("said", ['{"goal": "che', "no JSON at all", '["goal"]', '{"other": 1}'])
async def test_what_is_not_by_the_schema_is_no_answer(llmock: Any, api: str, said: str) -> None:
    llmock.reply(said)
    async with opened_at(llmock.base_url(), api=api) as opened:
        with pytest.raises(LanguageModelMalformed):
            await heard(opened, BY_SCHEMA)


CALLS = [{"index": n, "id": f"c{n}", "function": {"name": "profile", "arguments": "{}"}} for n in range(65)]


def delta(**fields: object) -> bytes:
    return event({"model": "m", "choices": [{"index": 0, "delta": fields}]})


@pytest.mark.parametrize(
    ("script", "failure"),
    [
        pytest.param(replying(500, b"<html>oops</html>"), LanguageModelUnavailable, id="500 in HTML"),
        pytest.param(replying(503, b"\xff\xfe"), LanguageModelUnavailable, id="503 in no text"),
        pytest.param(
            replying(200, b"<html>Please sign in</html>", headers="Content-Type: text/html\r\n"),
            LanguageModelMalformed,
            id="200 in HTML",
        ),
        pytest.param(
            replying(302, b"", headers="Location: http://127.0.0.1:9/v1/chat\r\n"),
            LanguageModelMisconfigured,
            id="redirect",
        ),
        pytest.param(
            replying(200, gzip.compress(chat("a bomb")), headers="Content-Encoding: gzip\r\n"),
            LanguageModelMalformed,
            id="compressed",
        ),
        pytest.param(streaming(), LanguageModelMalformed, id="empty stream"),
        pytest.param(streaming(b"data: [DONE]\n\n"), LanguageModelMalformed, id="nothing but the end"),
        pytest.param(streaming(b"data: 5\n\n"), LanguageModelMalformed, id="a number"),
        pytest.param(streaming(b"data: [[1]]\n\n"), LanguageModelMalformed, id="a list"),
        pytest.param(streaming(b'data: {"choices": 7}\n\n'), LanguageModelMalformed, id="choices a number"),
        pytest.param(streaming(b"data: \xff\xfe\n\n"), LanguageModelMalformed, id="no UTF-8"),
        pytest.param(streaming(b"data: " + b"[" * 100_000 + b"\n\n"), LanguageModelMalformed, id="deep"),
        pytest.param(streaming(delta(content={"a": 1})), LanguageModelMalformed, id="text an object"),
        pytest.param(streaming(delta(content="y " * 70_000)), LanguageModelMalformed, id="huge word"),
        pytest.param(streaming(delta(tool_calls=CALLS)), LanguageModelMalformed, id="65 tools"),
        pytest.param(streaming(chat("so far", finish=None)), LanguageModelTruncated, id="no end"),
        pytest.param(streaming(chat("so far", finish="length")), LanguageModelTruncated, id="length"),
        pytest.param(streaming(chat("so far", finish="content_filter")), LanguageModelRefused, id="filter"),
        pytest.param(streaming(chat("so far", finish="eh")), LanguageModelMalformed, id="unknown end"),
        pytest.param(streaming(chat("  ")), LanguageModelMalformed, id="blank"),
        pytest.param(
            streaming(delta(refusal="I cannot"), chat("", finish="stop")), LanguageModelRefused, id="refusal"
        ),
        pytest.param(
            streaming(delta(content="a"), event({"error": {"message": "x", "code": "rate_limit_exceeded"}})),
            LanguageModelRateLimited,
            id="error in the middle",
        ),
        pytest.param(
            streaming(chat("so far", usage={"prompt_tokens": -5, "completion_tokens": 10**12})),
            LanguageModelMalformed,
            id="tokens below nothing",
        ),
    ],
)
async def test_nonsense_has_a_name(
    endpoint: BadEndpoint, script: Script, failure: type[LanguageModelFailed]
) -> None:
    endpoint.script = script
    async with opened_at(endpoint.url) as opened:
        with pytest.raises(LanguageModelFailed) as raised:
            await heard(opened)
    assert type(raised.value) is failure
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    ("events", "failure"),
    [
        pytest.param([{"type": "error", "code": "insufficient_quota"}], LanguageModelRateLimited, id="error"),
        pytest.param([{"type": "response.refusal.delta"}], LanguageModelRefused, id="refusal"),
        pytest.param([{"type": "response.completed"}], LanguageModelMalformed, id="no response in it"),
        pytest.param([{"no": "type"}], LanguageModelMalformed, id="no type"),
        pytest.param(
            [{"type": "response.failed", "response": {"status": "failed", "error": {"code": "x"}}}],
            LanguageModelUnavailable,
            id="failed",
        ),
        pytest.param(
            [
                {"type": "response.output_text.delta", "delta": "so far"},
                {
                    "type": "response.incomplete",
                    "response": {
                        "status": "incomplete",
                        "incomplete_details": {"reason": "max_output_tokens"},
                    },
                },
            ],
            LanguageModelTruncated,
            id="incomplete",
        ),
        pytest.param(
            [{"type": "response.output_text.delta", "delta": "so far"}], LanguageModelTruncated, id="no end"
        ),
        pytest.param(
            [
                {
                    "type": "response.incomplete",
                    "response": {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
                }
            ],
            LanguageModelRefused,
            id="filter",
        ),
    ],
)
async def test_nonsense_has_a_name_in_the_newer_dialect_too(
    endpoint: BadEndpoint, events: list[dict[str, object]], failure: type[LanguageModelFailed]
) -> None:
    endpoint.script = streaming(*(event(one) for one in events))
    async with opened_at(endpoint.url, api="responses") as opened:
        with pytest.raises(failure):
            await heard(opened)


async def test_an_answer_without_end_stops_at_its_bound(endpoint: BadEndpoint) -> None:
    async def flood(asked: Asked) -> None:
        await asked.send(STREAM_HEAD, b"data: ")
        while not asked.gone.is_set():
            await asked.send(b" " * 1_048_576)

    endpoint.script = flood
    async with opened_at(endpoint.url) as opened:
        with pytest.raises(LanguageModelMalformed):
            await heard(opened)


async def test_a_drip_that_never_pauses_ends_at_the_deadline(endpoint: BadEndpoint) -> None:
    endpoint.script = speaking_until_hung_up
    prompt = Prompt(messages=PROMPT.messages, deadline_s=1.5)
    async with opened_at(endpoint.url) as opened:
        with pytest.raises(LanguageModelTimedOut):
            await heard(opened, prompt)
        await is_hung_up_on(endpoint.asked[0])


async def test_what_follows_the_end_may_fail_without_harm(endpoint: BadEndpoint) -> None:
    whole = event({"model": "m", "choices": [{"delta": {"content": "done"}, "finish_reason": "stop"}]})
    endpoint.script = streaming(whole, b"data: {broken\n\n")
    async with opened_at(endpoint.url) as opened:
        answer = await heard(opened)
    assert (answer.text, answer.usage.is_estimated) == ("done", True)


async def test_usage_comes_from_the_provider_with_its_cached_part(endpoint: BadEndpoint) -> None:
    async with opened_at(endpoint.url) as opened:
        usage = (await heard(opened)).usage
    assert (usage.input_tokens, usage.cached_input_tokens, usage.output_tokens) == (10, 4, 5)


@pytest.mark.parametrize("how", ["closed", "cancelled", "cancelled before the first word"])
async def test_a_stream_given_up_ends_at_the_provider(endpoint: BadEndpoint, how: str) -> None:
    endpoint.script = silent if how.endswith("word") else speaking_until_hung_up
    async with opened_at(endpoint.url) as opened:
        if how == "closed":
            async with aclosing(opened.model.ask(PROMPT)) as stream:
                await anext(stream)
            asked = endpoint.asked[0]
        else:
            asking = asyncio.create_task(heard(opened))
            asked = await endpoint.wait_for(1)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
        await is_hung_up_on(asked)
        made = asked.pieces
        endpoint.script = streaming(chat("next please"))
        assert (await heard(opened)).text == "nextplease"
        assert asked.pieces <= made + 1  # the one that was being written


async def test_no_more_ask_at_once_than_there_are_connections(endpoint: BadEndpoint) -> None:
    endpoint.script = silent
    async with opened_at(endpoint.url, connections=2) as opened:
        asking = [asyncio.create_task(heard(opened)) for _ in range(5)]
        await endpoint.wait_for(2)
        late = Prompt(messages=PROMPT.messages, deadline_s=0.2)
        with pytest.raises(LanguageModelTimedOut) as raised:
            await heard(opened, late)
        assert (len(endpoint.asked), raised.value.usage.calls) == (2, 0)
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)


async def test_an_endpoint_that_comes_back_is_used_again_without_a_restart(endpoint: BadEndpoint) -> None:
    clock = SteppedClock()  # of the breaker alone: it stays open until the test moves it
    async with opened_at(endpoint.url, breaker=Breaker(clock=clock, rest_s=60.0)) as opened:
        assert (await heard(opened)).text == "alliswell"
        await endpoint.stop()
        for _ in range(2):  # three attempts, then two: the fifth failure in a row opens the breaker
            with pytest.raises(LanguageModelUnavailable):
                await heard(opened)
        await endpoint.start()
        with pytest.raises(LanguageModelUnavailable) as raised:
            await heard(opened)
        assert (raised.value.usage.calls, raised.value.retry_after_s) == (0, 60.0)
        clock.turn(60.0)
        assert (await heard(opened)).text == "alliswell"


class WaitedOn(SteppedClock):
    """A clock that knows how many wait for it."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[float] = []

    async def pause(self, seconds: float) -> None:
        self.waiting.append(seconds)
        await super().pause(seconds)

    async def all_wait(self, count: int) -> None:
        await until(lambda: len(self.waiting) >= count, f"{count} who wait")


async def test_a_wait_that_the_provider_asks_of_one_is_kept_by_all(endpoint: BadEndpoint) -> None:
    endpoint.lines = [replying(429, b"{}", headers="Retry-After: 8\r\n")]
    clock = WaitedOn()
    async with open_openai(Endpoint(model="m", url=endpoint.url), clock=clock) as opened:
        first = asyncio.create_task(heard(opened))
        await clock.all_wait(1)
        others = [asyncio.create_task(heard(opened)) for _ in range(3)]
        await clock.all_wait(4)
        assert all(8.0 <= seconds <= 10.0 for seconds in clock.waiting)
        assert len(endpoint.asked) == 1
        await clock.step(10.0)
        answers = await asyncio.gather(first, *others)
    assert [one.usage.calls for one in answers] == [2, 1, 1, 1]


async def test_health_asks_for_the_list_of_models_and_tells_what_is_wrong(endpoint: BadEndpoint) -> None:
    endpoint.lines = [replying(200, b'{"data": []}', headers="Content-Type: application/json\r\n")]
    async with opened_at(endpoint.url) as opened:
        await opened.probe.check()
        await opened.probe.check()
    assert [asked.path for asked in endpoint.asked] == ["/v1/models"]
    for script, says in [
        (replying(401, b"{}"), "401"),
        (replying(200, b"<html>"), "not a list"),
        (silent, "in time"),
    ]:
        endpoint.lines = [script]
        async with opened_at(endpoint.url) as opened:
            with pytest.raises(Unavailable, match=says):
                await opened.probe.check()
    endpoint.lines = [replying(404, b"{}")]
    async with opened_at(endpoint.url) as opened:
        await opened.probe.check()


async def test_no_key_prompt_or_answer_is_in_any_log_error_or_repr(
    endpoint: BadEndpoint, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    echo = b'{"error": {"message": "canary-of-an-answer: bad key sk-canary-of-a-key", "code": "x"}}'
    broken, in_the_middle = replying(500, echo), streaming(b"data: " + echo + b"\n\n")
    endpoint.lines = [replying(401, echo), broken, in_the_middle, broken]
    said: list[str] = []
    async with opened_at(endpoint.url) as opened:
        for _ in range(2):
            with pytest.raises(LanguageModelFailed) as raised:
                await heard(opened)
            error = raised.value
            said += [str(error), repr(error), repr(error.details), repr(error.__cause__)]
        endpoint.script = streaming(chat("canary-of-an-answer"))
        await heard(opened)
        said += [repr(opened), repr(opened.model), repr(opened.probe)]
    said += [repr(Endpoint(model="m", url=endpoint.url, key=KEY))]
    assert [record.name for record in caplog.records if record.name.startswith(LOGGERS)] == []
    logged = [f"{record.getMessage()} {record.args!r}" for record in caplog.records]
    assert [text for text in said + logged if "canary" in text] == []
    assert all(asked.headers["authorization"] == f"Bearer {KEY}" for asked in endpoint.asked)
