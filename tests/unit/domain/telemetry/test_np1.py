"""Hashes of prompts: the vectors of the reference, and prompts as every emitter sends them."""

import hashlib
import json
from typing import Any

import pytest

from netra.domain.telemetry.np1 import key_of_workload, prefix_hashes, weight_of
from netra.domain.telemetry.prompts import CONTENT_MAX, prompt_of, prompt_of_messages, prompt_text

KEY = bytes(range(32))
SYSTEM = "You answer about the weather. " * 40
HI = "M\x1fuser\x1fHi\x1e"


@pytest.mark.parametrize(
    ("question", "blocks", "pseudo_tokens", "whole"),
    [
        ("Weather in Oslo?", (-6255912020924734239,), 252, "d54f2582fd827755f05c0d0bbedba714"),
        (
            "今日の天気は？" * 60,
            (
                *(-6255912020924734239, -3233643887543233663, 1853692987965594974),
                *(-1863483313145764131, -3162119131332885806),
            ),
            668,
            "c0ce2d013bff9bcd37c77307fa2d60f4",
        ),
    ],
)
def test_the_vectors_of_the_reference(
    question: str, blocks: tuple[int, ...], pseudo_tokens: int, whole: str
) -> None:
    found = prefix_hashes(prompt_text([], SYSTEM, [("user", [question])]), KEY)
    assert (found.blocks, found.pseudo_tokens, found.prompt) == (blocks, pseudo_tokens, whole)


def test_every_kind_of_piece_has_a_weight() -> None:
    assert [weight_of(piece) for piece in ("token", "tokenizer", "123", "日本", " ", "\n\n", "!?.")] == [
        *(1, 2, 1, 2, 0, 1, 2)
    ]


def test_workloads_have_keys_of_their_own() -> None:
    assert key_of_workload(b"secret", "wl-1") != key_of_workload(b"secret", "wl-2")
    assert len(key_of_workload(b"x" * 200, "wl-1")) == 32


@pytest.mark.parametrize(
    "attributes",
    [
        {"gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"Hi"}]}]'},
        {"gen_ai.input.messages": [{"role": "user", "content": "Hi"}]},
        {"ai.prompt.messages": '[{"role":"user","content":[{"type":"text","text":"Hi"}]}]'},
        {"gen_ai.prompt": '{"messages": [{"role": "user", "content": "Hi"}]}'},
        {"gen_ai.prompt": "Hi"},
        {"langfuse.observation.input": '[{"role": "user", "content": "Hi"}]'},
        {"gcp.vertex.agent.llm_request": '{"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}'},
        {"llm.input_messages.0.message.role": "user", "llm.input_messages.0.message.content": "Hi"},
        {
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.contents.0.message_content.text": "Hi",
            "llm.input_messages.0.message.contents.0.message_content.type": "text",
        },
        {"gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": "Hi"},
        {"gen_ai.input.messages": ["Hi"]},
    ],
)
def test_a_prompt_is_the_same_text_however_it_is_sent(attributes: dict[str, Any]) -> None:
    assert prompt_of(attributes) == HI


def test_tools_and_instructions_come_first() -> None:
    sent = {
        "gen_ai.input.messages": '[{"role":"user","parts":[{"content":"Hi"}]}]',
        "gen_ai.system_instructions": "Be brief.",
        "gen_ai.tool.definitions": '[{"name":"search"}]',
    }
    assert prompt_of(sent) == f'T\x1f{{"name":"search"}}\x1eS\x1fBe brief.\x1e{HI}'
    request = {"contents": ["Hi"], "config": {"system_instruction": "Be brief.", "tools": {"name": "search"}}}
    adk = {"gcp.vertex.agent.llm_request": json.dumps(request)}
    assert prompt_of(adk) == prompt_of(sent)
    numbered = {
        "llm.tools.1.tool.json_schema": "two",
        "llm.tools.0.tool.json_schema": "one",
        "llm.input_messages.0.message.content": "Hi",
        "llm.input_messages.0.message.role": "user",
    }
    assert prompt_of(numbered) == f"T\x1fone\x1eT\x1ftwo\x1e{HI}"
    assert prompt_of_messages([{"content": "Hi"}], tools=["one"], system="S") == f"T\x1fone\x1eS\x1fS\x1e{HI}"
    assert prompt_of({"gen_ai.prompt": {"messages": [{"content": "Hi"}], "config": 7}}) == HI


def test_calls_of_tools_and_files_are_parts() -> None:
    called = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}],
    }
    assert prompt_of_messages([called]) == "M\x1fassistant\x1ff\x1f{}\x1e"
    image = {"content": [{"type": "image_url", "image_url": {"url": "x"}}]}
    digest = hashlib.sha256(b'{"url":"x"}').hexdigest()
    assert prompt_of_messages([image]) == f"M\x1fuser\x1f{digest}\x1e"
    assert prompt_of_messages([{"content": [{"kind": "odd"}]}]) == 'M\x1fuser\x1f{"kind":"odd"}\x1e'
    assert (
        prompt_of_messages([{"parts": [{"name": "f", "args": {"a": 1}}]}]) == 'M\x1fuser\x1ff\x1f{"a":1}\x1e'
    )


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"gen_ai.input.messages": '[{"role":"user","parts":[{"cont'},
        {"gen_ai.input.messages": "x" * (CONTENT_MAX + 1)},
        {"gen_ai.input.messages": '[{"role":"user","content":"redacted-by-litellm"}]'},
        {"llm.input_messages.0.message.content": "__REDACTED__"},
        {"llm.input_messages.0.message.content": "x" * (CONTENT_MAX + 1)},
        {"gen_ai.input.messages": 7},
        {"gen_ai.input.messages": "[]"},
        {"gen_ai.input.messages": ["x"] * 10_001},
        {"gen_ai.input.messages": "{}"},
    ],
)
def test_a_prompt_that_is_not_whole_is_not_hashed(attributes: dict[str, Any]) -> None:
    assert prompt_of(attributes) is None
