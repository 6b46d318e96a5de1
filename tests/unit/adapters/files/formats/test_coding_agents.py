"""Transcripts of coding agents: each answer once, with the sessions and the sub-agents that made it."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.adapters.files.formats.reading import calls_of, lines_of, read, read_folder

from netra.domain.errors import UnreadableFile
from netra.entrypoints.cli import exit_code

MODEL = "claude-sonnet-4-5"


def usage(*, output: int = 300, hour: int = 0, **more: Any) -> dict[str, Any]:
    created = {"ephemeral_5m_input_tokens": 512, "ephemeral_1h_input_tokens": hour}
    return {
        "input_tokens": 176,
        "cache_read_input_tokens": 1024,
        "cache_creation_input_tokens": 512 + hour,
        "output_tokens": output,
        "cache_creation": created,
        "service_tier": "standard",
        **more,
    }


def answer(number: int, *, at: str = "20:31:35.239", session: str = "s-1", **more: Any) -> dict[str, Any]:
    message = {
        "id": f"msg_{number}",
        "role": "assistant",
        "model": more.pop("model", MODEL),
        "content": [{"type": "text", "text": "It is sunny in Oslo."}],
        "stop_reason": more.pop("stop_reason", "end_turn"),
        "usage": more.pop("usage", usage()),
    }
    return {
        "type": "assistant",
        "sessionId": session,
        "requestId": f"req_{number}",
        "uuid": f"u-{number}-{at}",
        "timestamp": f"2026-11-30T{at}Z",
        "isSidechain": False,
        "cwd": "/home/me/shop",
        "message": message,
    } | more


USER = {
    "type": "user",
    "sessionId": "s-1",
    "uuid": "u",
    "message": {"role": "user", "content": "Weather in Oslo?"},
}


def test_an_answer_that_streams_in_several_rows_is_one_call_with_its_last_counts(tmp_path: Path) -> None:
    rows = [
        USER,
        answer(1, at="20:31:35.100", usage=usage(output=2), stop_reason=None),
        answer(1, at="20:31:36.100", usage=usage(output=300), stop_reason="tool_use"),
        answer(1, at="20:31:36.900", usage=usage(output=300), stop_reason=None),
        answer(2, at="20:31:40.000"),
    ]
    log = read(tmp_path, lines_of(*rows))
    first, second = calls_of(log.events)
    assert log.format == "claude_code"
    assert log.report.rejected == 0
    assert first == {
        "at_ns": 1796070695_100000000,
        "id": "req_1",
        "model": MODEL,
        "provider": "anthropic",
        "input_tokens": 1712,
        "output_tokens": 300,
        "cached_input_tokens": 1024,
        "cache_write_tokens": 512,
        "status": "tool_use",
        "session": "s-1",
        "template": "main",
        "service_tier": "standard",
        "labels": '{"project":"shop"}',
    }
    assert second["id"] == "req_2"


def test_a_resumed_session_repeats_no_call_and_a_sub_agent_keeps_its_session(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(lines_of(answer(1), answer(2)))
    (tmp_path / "b.jsonl").write_text(lines_of(answer(1), answer(2), answer(3, session="s-2")))
    below = tmp_path / "s-2" / "subagents"
    below.mkdir(parents=True)
    (below / "agent-7.jsonl").write_text(lines_of(answer(4, session="s-2", isSidechain=True, agentId="7")))
    (tmp_path / "c.jsonl").write_text('{"type": "summary", "summary": "x", "leafUuid": "u"}\n')
    calls = calls_of(read_folder(tmp_path).events)
    assert sorted(call["id"] for call in calls) == ["req_1", "req_2", "req_3", "req_4"]
    (sub,) = [call for call in calls if call["template"] == "subagent"]
    assert (sub["session"], sub["labels"]) == ("s-2", '{"agent":"7","project":"shop"}')


def test_what_a_transcript_says_of_tier_region_and_searches_is_kept(tmp_path: Path) -> None:
    about = usage(speed="fast", inference_geo="us", server_tool_use={"web_search_requests": 2})
    (call,) = calls_of(read(tmp_path, lines_of(answer(1, usage=about))).events)
    assert (call["service_tier"], call["region"], call["charges"]) == ("fast", "us", '{"web_search":2.0}')


def test_other_providers_and_models_are_told_by_the_ids(tmp_path: Path) -> None:
    bedrock = answer(1)
    bedrock["message"]["id"] = "msg_bdrk_1"
    other = answer(2, model="glm-5", requestId=None)
    first, second = calls_of(read(tmp_path, lines_of(bedrock, other)).events)
    assert first["provider"] == "aws"
    assert "provider" not in second
    assert second["id"] == "msg_2"


def test_an_error_that_claude_code_wrote_is_a_failed_call_of_the_session_s_model(tmp_path: Path) -> None:
    zero = {"input_tokens": 0, "output_tokens": 0}
    error = answer(2, model="<synthetic>", usage=zero, isApiErrorMessage=True, requestId=None)
    error["message"]["content"] = [{"type": "text", "text": "API Error: 529 Overloaded"}]
    told = answer(5, model="<synthetic>", usage=zero, isApiErrorMessage=True, apiErrorStatus=429)
    silent = answer(3, model="<synthetic>", usage=zero)
    other = answer(4, model="<synthetic>", usage=zero, isApiErrorMessage=True, session="s-9")
    _, failed, limited, unknown = calls_of(
        read(tmp_path, lines_of(answer(1), error, told, silent, other)).events
    )
    assert limited["status"] == "429"
    assert (failed["model"], failed["input_tokens"], failed["status"]) == (MODEL, 0, "529")
    assert (unknown["model"], unknown["status"]) == ("unspecified", "error")


def test_rows_of_older_versions_without_a_type_are_answers(tmp_path: Path) -> None:
    row = {
        "timestamp": "2026-11-30T20:31:35Z",
        "costUSD": 0.1,
        "message": {"id": "m", "model": MODEL, "usage": usage()},
    }
    (call,) = calls_of(read(tmp_path, lines_of(row)).events)
    assert (call["id"], call["input_tokens"]) == ("m", 1712)


def test_a_count_that_no_call_has_costs_its_row(tmp_path: Path) -> None:
    log = read(tmp_path, lines_of(answer(1), answer(2, usage=usage(output=-5)), answer(3, timestamp=None)))
    assert [fault.line for fault in log.report.faults] == [2, 3]
    assert "-5" in log.report.faults[0].message
    assert "None; expected an instant" in log.report.faults[1].message


def test_the_bill_of_a_transcript_is_that_of_a_calculation_by_hand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [answer(1, usage=usage(output=3)), answer(1), answer(2, usage=usage(hour=2000))]
    (tmp_path / "t.jsonl").write_text(lines_of(USER, *rows))
    assert exit_code(["validate", "prices", str(tmp_path), "--json", "--as-of", "2026-11-30"]) == 0
    # per million: input 3, cache read 0.30, write for 5 minutes 3.75, for an hour 6, output 15 dollars
    each = 176 * 3 + 1024 * 0.30 + 512 * 3.75 + 300 * 15
    by_hand = (2 * each + 2000 * 6) / 1e6
    assert json.loads(capsys.readouterr().out)["bill_usd"] == pytest.approx(by_hand, rel=1e-12)


def codex(kind: str, payload: dict[str, Any], *, at: str = "09:00:00.000") -> dict[str, Any]:
    return {"timestamp": f"2026-11-30T{at}Z", "type": kind, "payload": payload}


def count(last: int | None, total: int, *, at: str, **more: Any) -> dict[str, Any]:
    def counts(size: int) -> dict[str, int]:
        return {
            "input_tokens": size,
            "cached_input_tokens": size // 2,
            "output_tokens": size // 10,
            "reasoning_output_tokens": size // 20,
            "total_tokens": size + size // 10,
        }

    info: dict[str, Any] = {"total_token_usage": counts(total)} | more
    if last is not None:
        info["last_token_usage"] = counts(last)
    return codex("event_msg", {"type": "token_count", "info": info}, at=at)


META = codex("session_meta", {"id": "c-1", "cwd": "/home/me/shop", "model_provider": "openai"})
TURN = codex("turn_context", {"model": "gpt-5.2-codex"})


def test_counts_of_an_older_rollout_are_calls_once_each(tmp_path: Path) -> None:
    rows = [
        META,
        TURN,
        codex("response_item", {"type": "message", "content": "It is sunny in Oslo."}),
        codex("event_msg", {"type": "token_count", "info": None}),
        count(1000, 1000, at="09:01:00.000"),
        count(1000, 1000, at="09:01:01.000"),
        count(None, 3000, at="09:02:00.000", model="gpt-5.3-codex"),
    ]
    log = read(tmp_path, lines_of(*rows))
    first, second = calls_of(log.events)
    assert log.format == "codex"
    assert first == {
        "at_ns": 1796029260 * 10**9,
        "id": "codex 2026-11-30T09:01:00.000Z 1100",
        "model": "gpt-5.2-codex",
        "provider": "openai",
        "input_tokens": 1000,
        "cached_input_tokens": 500,
        "output_tokens": 100,
        "reasoning_tokens": 50,
        "session": "c-1",
        "template": "main",
        "labels": '{"project":"shop"}',
    }
    assert (second["input_tokens"], second["output_tokens"], second["model"]) == (2000, 200, "gpt-5.3-codex")


def test_usage_records_of_a_newer_rollout_count_and_the_older_rows_in_it_do_not(tmp_path: Path) -> None:
    usage = {
        "input_tokens": 1200,
        "cached_input_tokens": 1024,
        "output_tokens": 300,
        "reasoning_output_tokens": 128,
    }
    rows = [
        META,
        TURN,
        count(1200, 1200, at="09:01:00.000"),
        codex("token_usage_record", {"response_id": "resp_1", "usage": usage}, at="09:01:00.000"),
        codex("token_usage_record", {"response_id": "resp_2"}),
    ]
    (tmp_path / "a.jsonl").write_text(lines_of(*rows))
    (tmp_path / "b.jsonl").write_text(lines_of(*rows[:4]))
    log = read_folder(tmp_path)
    (call,) = calls_of(log.events)
    assert (call["id"], call["input_tokens"], call["output_tokens"], call["reasoning_tokens"]) == (
        "resp_1",
        1200,
        300,
        128,
    )
    assert (log.report.duplicates, log.report.rejected) == (1, 1)


def test_a_sub_agent_s_rollout_leaves_out_the_rows_of_its_parent(tmp_path: Path) -> None:
    meta = codex(
        "session_meta", {"id": "c-2", "source": {"subagent": {}}, "timestamp": "2026-11-30T10:00:00.000Z"}
    )
    rows = [
        meta,
        META,
        TURN,
        count(1000, 1000, at="10:00:00.100"),
        count(1000, 2000, at="10:00:00.200"),
        count(500, 2500, at="10:00:30.000"),
    ]
    (call,) = calls_of(read(tmp_path, lines_of(*rows)).events)
    assert (call["input_tokens"], call["session"], call["template"]) == (500, "c-2", "subagent")


def test_a_file_of_neither_is_no_transcript(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile):
        read(tmp_path, lines_of({"type": "event_msg", "payload": {"type": "other"}}))
