"""The settings alone decide whether a language model is asked; a start without one knows nothing of it."""

import subprocess
import sys
from contextlib import aclosing
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec import structs
from tests.api.conftest import serving, settings_for
from tests.servers.endpoint import bad_endpoint
from tests.waiting import COMMAND_S, PATIENCE_S

from netra.bootstrap import open_ports
from netra.bootstrap.memory import memory_ports
from netra.domain.ids import RunId, UserId
from netra.domain.spending import prompt_tokens
from netra.plugboard import contained
from netra.ports.language_model import (
    Answer,
    LanguageModel,
    LanguageModelOverBudget,
    Prompt,
    PromptMessage,
    TextPiece,
)
from netra.settings import Settings, settings_from

pytestmark = pytest.mark.system

PROMPT = Prompt(messages=(PromptMessage(role="user", text="Hello"),), run_id=RunId("run-1"))


def given(tmp_path: Path, url: str, **more: str) -> Settings:
    return settings_from({"NETRA_DATA": str(tmp_path), "NETRA_LANGUAGE_MODEL_URL": url, **more})


async def test_an_address_plugs_a_model_in_that_costs_what_the_settings_say(tmp_path: Path) -> None:
    async with bad_endpoint() as endpoint:
        prices = {"NETRA_LANGUAGE_MODEL_INPUT_USD": "1000000", "NETRA_LANGUAGE_MODEL_OUTPUT_USD": "0"}
        unbounded = {"NETRA_LANGUAGE_MODEL_RUN_USD": "0"}
        settings = given(tmp_path, endpoint.url, NETRA_LANGUAGE_MODEL="m", **prices, **unbounded)
        async with open_ports(settings) as ports:
            assert ports.language_model is not None
            async with aclosing(ports.language_model.ask(PROMPT)) as stream:
                answer = [item async for item in stream][-1]
    assert isinstance(answer, Answer)
    assert (answer.usage.input_tokens, answer.usage.cost_usd) == (10, 10.0)
    assert endpoint.asked[0].body["model"] == "m"


async def test_a_budget_of_the_settings_holds_before_anything_is_sent(tmp_path: Path) -> None:
    async with bad_endpoint() as endpoint:
        settings = given(tmp_path, endpoint.url, NETRA_LANGUAGE_MODEL_RUN_TOKENS="10")
        async with open_ports(settings) as ports:
            assert ports.language_model is not None
            with pytest.raises(LanguageModelOverBudget):
                await anext(ports.language_model.ask(PROMPT))
    assert endpoint.asked == []


async def test_a_users_daily_budget_holds_in_another_process_and_after_a_restart(tmp_path: Path) -> None:
    async with bad_endpoint() as endpoint:
        prompt = structs.replace(PROMPT, owner_id=UserId(7), max_output_tokens=50, run_id=None)
        enough_for_one = str(prompt_tokens(prompt) + 50)
        settings = given(tmp_path, endpoint.url, NETRA_LANGUAGE_MODEL_USER_TOKENS=enough_for_one)
        async with open_ports(settings) as one, open_ports(settings) as other:
            assert isinstance((await answered(one.language_model, prompt))[-1], Answer)
            with pytest.raises(LanguageModelOverBudget, match="today"):
                await answered(other.language_model, prompt)
        async with open_ports(settings) as restarted:
            with pytest.raises(LanguageModelOverBudget, match="today"):
                await answered(restarted.language_model, prompt)
    assert len(endpoint.asked) == 1


async def answered(model: LanguageModel | None, prompt: Prompt) -> list[TextPiece | Answer]:
    assert model is not None
    async with aclosing(model.ask(prompt)) as stream:
        return [item async for item in stream]


async def test_health_has_a_row_for_it_and_an_absent_one_only_degrades(tmp_path: Path) -> None:
    settings = given(tmp_path, "http://127.0.0.1:9/v1")
    async with open_ports(settings) as ports:
        report = await contained(ports, settings).health_service().report()
    (row,) = [one for one in report.dependencies if one.name == "openai_api"]
    assert (row.status, report.overall_status) == ("unhealthy", "degraded")


def test_a_server_shows_the_row_of_a_model_that_answers(llmock: Any, tmp_path: Path) -> None:
    with serving(settings_for(tmp_path, language_model_url=llmock.base_url())) as address:
        shown = httpx.get(f"{address}/health/dependencies", timeout=PATIENCE_S).json()
    assert shown["dependencies"]["openai_api"]["status"] == "healthy"
    assert shown["overall_status"] == "healthy"


async def test_without_key_and_address_there_is_none(tmp_path: Path) -> None:
    async with open_ports(Settings(data=tmp_path)) as ports:
        assert ports.language_model is None
    assert memory_ports(Settings(language_model_url="http://127.0.0.1:9/v1")).language_model is None


PROGRAM = """
import asyncio, sys
{before}
from netra.bootstrap import open_ports
from netra.settings import SettingsRefused, settings_from

async def start():
    async with open_ports(settings_from({variables})):
        print("started", "openai" in sys.modules)

try:
    asyncio.run(start())
except SettingsRefused as refused:
    print(refused)
"""


def ran(tmp_path: Path, variables: dict[str, str], before: str = "") -> str:
    program = PROGRAM.format(before=before, variables={"NETRA_DATA": str(tmp_path), **variables})
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=COMMAND_S, check=True
    )
    return done.stdout


def test_a_start_without_one_does_not_load_its_library(tmp_path: Path) -> None:
    assert ran(tmp_path, {}) == "started False\n"


def test_a_missing_library_stops_the_start_in_one_sentence(tmp_path: Path) -> None:
    said = ran(tmp_path, {"NETRA_LANGUAGE_MODEL_KEY": "k"}, before="sys.modules['openai'] = None")
    assert (
        "openai is not installed. Install it in Netra's checkout: python -m pip install '.[openai]'" in said
    )
