"""Carries out the scenarios of `sdks/spec/conformance.json` with a client of the Python SDK."""

import logging
import re
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import msgspec
from blocking import Blocking, Loop
from netra_sdk import AsyncNetra, Netra, NetraError, Tokens, errors
from rigged import Rig

Json = Any
LONG = "x" * 2_000_000


class Runner:
    """One scenario's client and what its steps saved."""

    def __init__(self, rig: Rig, *, kind: str) -> None:
        self.rig = rig
        self.kind = kind
        self.loop = Loop() if kind == "async" else None
        self.saved: dict[str, Json] = {"rig": rig.facts, "long": LONG, "unique": f"key-{uuid.uuid4()}"}
        self.saved["address"] = f"{self.saved['unique']}@example.com"
        self.opened: list[Any] = []
        self.options: dict[str, Any] = {}
        self.client: Any = None

    def run(self, scenario: Json) -> None:
        self.rig.faults()
        self.options = scenario["client"].get("options", {})
        self.use(scenario["client"]["as"])
        self.rig.faults(*scenario.get("faults", []))
        for step in scenario["steps"]:
            self.step(self.filled(step))

    def close(self) -> None:
        for client in self.opened:
            client.close()
        if self.loop is not None:
            self.loop.close()

    # Clients.

    def use(self, name: str) -> None:
        kind, _, how = name.partition(":")
        if kind == "key":
            self.client = self.made(api_key=self.rig.facts["keys"][how])
            return
        user = self.rig.facts["users"][kind]
        direct = Netra.sign_in(user["email"], user["password"], base_url=self.rig.facts["direct_url"])
        tokens = direct._transport.credentials.tokens
        direct.close()
        if how == "expiring":
            tokens = Tokens(
                access_token=tokens.access_token, refresh_token=tokens.refresh_token, expires_at=time.time()
            )
        self.client = self.made(tokens=tokens)

    def made(self, **credential: Any) -> Any:
        kind = AsyncNetra if self.loop else Netra
        inner = kind(base_url=self.rig.facts["base_url"], **credential, **self.options)
        client = Blocking(self.loop, inner) if self.loop else inner
        self.opened.append(client)
        return client

    # Steps.

    def filled(self, value: Json) -> Json:
        if isinstance(value, str) and value.startswith("$"):
            found: Json = self.saved
            for part in value[1:].split("."):
                found = found[part]
            return found
        if isinstance(value, dict):
            return {key: self.filled(inner) for key, inner in value.items()}
        return [self.filled(inner) for inner in value] if isinstance(value, list) else value

    def step(self, step: Json) -> None:
        if "call" in step:
            self.called(step)
        elif "log" in step:
            self.logged(step["log"])
        elif "faults" in step:
            self.rig.faults(*step["faults"])
        elif "compare" in step:
            more, less, by = step["compare"]
            assert more - less == by, f"{more} - {less} is not {by}"
        else:
            raise AssertionError(f"unknown step {step}")

    def called(self, step: Json) -> None:
        began = time.monotonic()
        operation = getattr(self, "do_" + step["call"].replace(".", "_"))
        try:
            got = operation(**step.get("args", {}))
        except NetraError as error:
            if "error" not in step:
                raise
            check_error(error, step["error"])
            got = None
        else:
            assert "error" not in step, f"{step['call']} did not fail: {got}"
        took = time.monotonic() - began
        assert took <= step.get("within_s", 1e9), f"{step['call']} took {took:.1f} s"
        assert took >= step.get("at_least_s", 0), f"{step['call']} took only {took:.2f} s"
        for path, wanted in step.get("expect", {}).items():
            check(at(got, path), wanted, f"{step['call']}: {path}")
        if "save" in step:
            self.saved[step["save"]] = got

    def logged(self, wanted: Json) -> None:
        import fnmatch

        lines = [
            line
            for line in self.rig.log()
            if fnmatch.fnmatchcase(f"{line['method']} {line['path']}", wanted["match"])
        ]
        did = [(line["method"], line["path"], line["did"]) for line in lines]
        assert len(lines) == wanted["count"], did
        if name := wanted.get("same_header"):
            assert len({line["headers"][name] for line in lines}) == 1
        if name := wanted.get("differing_header"):
            assert len({line["headers"][name] for line in lines}) == len(lines)
        if wanted.get("same_body"):
            assert len({line["body_sha256"] for line in lines}) == 1
        for name, pattern in wanted.get("header", {}).items():
            assert all(re.search(pattern, line["headers"][name]) for line in lines)
        gaps = [b["at_ms"] - a["at_ms"] for a, b in zip(lines, lines[1:], strict=False)]
        assert all(gap >= wanted.get("min_gap_ms", 0) for gap in gaps), gaps

    # Operations.

    def do_client_use(self, **given: str) -> None:
        self.use(given["as"])

    def do_client_use_key(self, key: str) -> None:
        self.client = self.made(api_key=key)

    def do_auth_sign_in(self, email: str, password: str) -> None:
        base_url = self.rig.facts["base_url"]
        if self.loop:
            inner = self.loop.result(AsyncNetra.sign_in(email, password, base_url=base_url))
            self.client = Blocking(self.loop, inner)
        else:
            self.client = Netra.sign_in(email, password, base_url=base_url)
        self.opened.append(self.client)

    def do_auth_me(self) -> Json:
        return plain(self.client.auth.me())

    def do_auth_refresh(self) -> None:
        self.client.auth.refresh()

    def do_auth_sign_out(self) -> Json:
        return plain(self.client.auth.sign_out())

    def do_auth_register(self, **given: str) -> Json:
        return plain(self.client.auth.register(given["email"], given["name"], given["password"]))

    def do_auth_change_password(self, current: str, new: str) -> Json:
        return plain(self.client.auth.change_password(current, new))

    def do_keys_create(self, name: str, scopes: list[str]) -> Json:
        made = self.client.keys.create(name, scopes)
        return {"id": made.key.id, "secret": made.secret}

    def do_keys_revoke(self, id: str) -> None:
        self.client.keys.revoke(id)

    def do_workloads_create(self, name: str) -> Json:
        return plain(self.client.workloads.create(name))

    def do_workloads_get(self, id: str) -> Json:
        return plain(self.client.workloads.get(id))

    def do_workloads_rename(self, id: str, name: str) -> Json:
        return plain(self.client.workloads.rename(id, name))

    def do_workloads_delete(self, id: str, missing_ok: bool = False) -> None:
        self.client.workloads.delete(id, missing_ok=missing_ok)

    def do_workloads_add_events(self, id: str, count: int, bad: int = 0) -> Json:
        got = self.client.workloads.add_events(id, calls(count, bad=bad))
        shown = {"accepted": got.accepted, "rejected": got.rejected, "duplicates": got.duplicates}
        return {**shown, "last_line": got.results[-1].line}

    def do_workloads_list_events(self, id: str, **filters: Any) -> Json:
        page = self.client.workloads.list_events(id, **filters)
        shown = {"ids": [one.event.id for one in page.items], "priced": all(one.usd for one in page.items)}
        return {"total": page.total, **shown}

    def do_workloads_intake(self, id: str) -> Json:
        return plain(self.client.workloads.intake(id))

    def do_workloads_decisions(self, id: str) -> Json:
        return plain(self.client.workloads.decisions(id))

    def do_workloads_decide(self, id: str, key: str, state: str, **given: Any) -> Json:
        return plain(self.client.workloads.decide(id, key, state, **given))

    def do_workloads_verification(self, id: str, key: str) -> Json:
        return plain(self.client.workloads.verification(id, key))

    def do_workloads_simulate(self, id: str, model: str) -> Json:
        got = self.client.workloads.simulate(id, model=model)
        return {"calls": got.calls, "cheaper": got.then_usd_in_window < got.now_usd_in_window}

    def do_agent_execute(self, **given: Any) -> Json:
        message = given.pop("message")
        run = self.client.agent.execute(message, **given)
        return {"id": run.id, "thread_id": run.thread_id}

    def do_agent_status(self, id: str) -> Json:
        return plain(self.client.agent.status(id))

    def do_agent_cancel(self, id: str) -> Json:
        got = self.client.agent.cancel(id)
        return {"ended_or_cancelling": got.phase not in {"queued", "running"}}

    def do_agent_attach(self, id: str) -> None:
        self.client.agent.attach(id)

    def do_agent_history(self, thread_id: str | None = None, **filters: Any) -> Json:
        page = self.client.agent.history(thread_id=thread_id, **filters)
        return (
            {"total": page.total, "ids": [line.run_id for line in page]}
            if thread_id
            else {"total": page.total}
        )

    def do_run_events(self, id: str, after: int = 0, restart_after: int = 0) -> Json:
        events: list[Any] = []
        with self.client.agent.events(id, after=after) as stream:
            for event in stream:
                events.append(event)
                if event.seq == restart_after:
                    self.rig.restart()
        return shown_events(events, after=after)

    def do_run_resume_everywhere(self, id: str) -> Json:
        whole = self.do_run_events(id)["seqs"]
        parts = [self.do_run_events(id, after=after)["seqs"] for after in range(len(whole))]
        return {"same": all(part == whole[number:] for number, part in enumerate(parts))}

    def do_run_two_readers(self, id: str) -> Json:
        found: list[Json] = []
        readers = [threading.Thread(target=lambda: found.append(self.do_run_events(id))) for _ in range(2)]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        return {"same": len(found) == 2 and found[0]["seqs"] == found[1]["seqs"]}

    def do_run_wait(self, id: str, timeout: float | None = None) -> Json:
        advice = self.client.agent.attach(id).wait(timeout)
        return {"recommendations": len(advice.recommendations), "report_length": len(advice.report)}

    def do_threads_list(
        self, limit: int | None = None, take: int | None = None, insert_after_first: bool = False
    ) -> Json:
        page = self.client.threads.list(limit=limit)
        ids: list[str] = []
        for thread in page:
            ids.append(thread.id)
            if insert_after_first and len(ids) == limit:
                self.do_fill_threads(1)
            if len(ids) == take:
                break
        return {"ids": ids, "count": len(ids), "total": page.total}

    def do_threads_get(self, id: str) -> Json:
        return plain(self.client.threads.get(id))

    def do_fill_threads(self, count: int) -> None:
        direct = Netra.sign_in(
            self.rig.facts["users"]["eve"]["email"],
            self.rig.facts["users"]["eve"]["password"],
            base_url=self.rig.facts["direct_url"],
        )
        with direct:
            for number in range(count):
                direct.agent.execute(f"thread {number}")

    def do_together(self, count: int, of: str) -> Json:
        done: list[Json] = []
        operation: Callable[[], Json] = getattr(self, "do_" + of.replace(".", "_"))
        tasks = [threading.Thread(target=lambda: done.append(operation())) for _ in range(count)]
        for task in tasks:
            task.start()
        for task in tasks:
            task.join()
        return {"done": len(done)}

    def do_recorder_send(
        self,
        id: str,
        count: int,
        timeout: float = 10,
        bad: int = 0,
        max_queue: int = 10_000,
        restart: bool = False,
        hold: bool = False,
        close: bool = False,
    ) -> Json:
        told: list[int] = []
        rejected: list[Any] = []
        recorder = self.client.workloads.recorder(
            id,
            max_queue=max_queue,
            on_drop=lambda dropped, reason: told.append(dropped),
            on_rejected=rejected.extend,
        )
        for row in calls(count, bad=bad):
            recorder.record(row)
        if restart:
            self.rig.restart()
        got = recorder.close(timeout) if close else recorder.flush(timeout)
        if not close:
            recorder.close(0)
        shown = {"sent": got.sent, "pending": got.pending, "dropped": got.dropped}
        return {**shown, "told": sum(told), "rejected_rows": len(rejected)}

    def live(self) -> Any:
        if self.loop is None:
            return self.client.live()
        inner = self.loop.call(self.client._inner.live)
        self.loop.result(inner.open())
        return Blocking(self.loop, inner)

    def do_live_ask(self, restart: str = "", **question: Any) -> Json:
        with self.live() as live:
            run = live.ask(question.pop("message"), **question)
            events: list[Any] = []
            for event in run.events():
                events.append(event)
                if restart and len(events) == 1:
                    self.rig.restart(restart)
        return shown_events(events, after=0)

    def do_live_many(self, count: int, workload_id: str) -> Json:
        with self.live() as live:
            runs = [live.ask(f"{10 + n} % cheaper", workload_id=workload_id) for n in range(count)]
            return {"succeeded": sum(bool(run.wait().report) for run in runs)}

    def do_live_subscribe(self, id: str, after: int) -> Json:
        with self.live() as live:
            events = list(live.subscribe(id, after).events())
        return {**shown_events(events, after=after), "first": events[0].seq}

    def do_live_stop(self, **question: Any) -> Json:
        with self.live() as live:
            run = live.ask(question.pop("message"), **question)
            live.stop(run.id)
            return shown_events(list(run.events()), after=0)

    def do_canary(self) -> Json:
        seen: list[str] = []

        class Keeping(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                seen.append(record.getMessage())

        logger, handler = logging.getLogger("netra_sdk"), Keeping()
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        inner = getattr(self.client, "_inner", self.client)
        tokens = inner._transport.credentials.tokens
        try:
            self.client.auth.me()
            self.client.threads.get("thread-none")
        except NetraError as error:
            seen += [str(error), repr(error)]
        finally:
            logger.removeHandler(handler)
            logger.setLevel(logging.NOTSET)
        seen += [repr(inner), repr(tokens), repr(inner._transport.credentials)]
        assert len(seen) > 4
        secrets = (tokens.access_token, tokens.refresh_token)
        return {"leaks": sum(secret in line for secret in secrets for line in seen)}

    def do_leftovers(self) -> Json:
        before = set(threading.enumerate())
        client = Netra(self.rig.facts["keys"]["all"], base_url=self.rig.facts["base_url"])
        workload = client.workloads.create("left").id
        recorder = client.workloads.recorder(workload)
        recorder.record(calls(1)[0])
        run = client.agent.execute("What can you do?")
        with run.events() as stream:
            next(iter(stream))
        run.wait(60)
        recorder.close()
        client.close()
        return {"left": len([one for one in threading.enumerate() if one not in before])}


def calls(count: int, *, bad: int = 0) -> list[dict[str, Any]]:
    rows = [
        {
            "id": f"c-{n}",
            "timestamp": "2026-10-05T00:00:00Z",
            "model": "gpt-4o",
            "input_tokens": 100 + n % 10,
            "output_tokens": 10,
        }
        for n in range(count)
    ]
    return rows + [{"model": "gpt-4o"}] * bad


def shown_events(events: list[Any], *, after: int) -> Json:
    seqs = [event.seq for event in events]
    last = events[-1] if events else None
    return {
        "seqs": seqs,
        "dense": seqs == list(range(after + 1, after + 1 + len(seqs))),
        "last_seq": seqs[-1] if seqs else after,
        "last": {
            "type": "agent_result" if type(last).__name__ == "AgentResult" else "other",
            "success": getattr(last, "success", None),
        },
    }


def plain(value: Any) -> Json:
    return msgspec.to_builtins(value)


def at(value: Json, path: str) -> Json:
    for part in path.split("."):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def check(got: Json, wanted: Json, what: str) -> None:
    if isinstance(wanted, dict):
        for name, bound in wanted.items():
            match name:
                case "gt":
                    assert got > bound, f"{what} is {got}"
                case "len":
                    assert len(got) == bound, f"{what} is {got}"
                case "match":
                    assert re.search(bound, got), f"{what} is {got}"
                case "unique":
                    assert (len(set(got)) == len(got)) is bound, f"{what} is {got}"
                case _:
                    raise AssertionError(f"unknown matcher {name}")
    else:
        assert got == wanted, f"{what} is {got!r}, not {wanted!r}"


def check_error(error: NetraError, wanted: Json) -> None:
    kind = getattr(errors, wanted["class"] + ("" if wanted["class"].endswith("Error") else "Error"))
    assert isinstance(error, kind), f"{type(error).__name__}: {error}"
    for name in ("status", "code", "retry_after"):
        if name in wanted:
            assert getattr(error, name) == wanted[name], (name, getattr(error, name))
    if "message" in wanted:
        assert wanted["message"] in str(error)
    if "path" in wanted:
        assert error.errors[0]["path"] == wanted["path"]
    if wanted.get("request_id"):
        assert error.request_id
