import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { after, before, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as sdk from "../lib/esm/index.js";
import { PATIENCE_MS, callOf, seqsOf, startRig } from "./rig.mjs";

let rig;
before(async () => { rig = await startRig(); });
after(() => rig.end());
beforeEach(() => rig.faults());

const STREAM = "GET /api/agent/stream/*";

function dense(found) {
  assert.ok(found.length >= 3, String(found));
  assert.deepEqual(found, found.map((_, n) => n + 1));
}

async function deadUrl() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

describe("identity", () => {
  test("sign in, me, sign out, a wrong password", async () => {
    const client = await rig.signedIn();
    assert.equal((await client.auth.me()).email, rig.users.ada.email);
    await client.auth.signOut();
    await assert.rejects(sdk.Netra.signIn({ email: rig.users.ada.email, password: "wrong", baseUrl: rig.base_url }), sdk.UnauthorizedError);
    await assert.rejects(rig.client({ apiKey: rig.keys.read }).agent.execute({ message: "cheaper" }), sdk.ForbiddenError);
    await assert.rejects(client.auth.refresh(), sdk.SessionLostError);
    await assert.rejects(rig.client().auth.refresh(), sdk.ConfigurationError);
  });

  test("twenty calls renew an old token once", async () => {
    const saved = [];
    const client = await rig.signedIn({ onTokens: (tokens) => { saved.push(tokens); } });
    client.transport.credentials.tokens.expiresAt = Date.now() + 1_000;
    await rig.faults();
    await Promise.all(Array.from({ length: 20 }, () => client.auth.me()));
    assert.equal((await rig.requests("POST", "/api/auth/refresh")).length, 1);
    assert.equal(saved.length, 2);
  });

  test("a lost answer of a refresh is repeated under its key", async () => {
    const client = await rig.signedIn();
    await rig.faults({ match: "POST /api/auth/refresh", do: "lose_answer" });
    await client.auth.refresh();
    await client.auth.me();
    const found = await rig.requests("POST", "/api/auth/refresh");
    assert.equal(found.length, 2);
    assert.equal(found[0].headers["idempotency-key"], found[1].headers["idempotency-key"]);
  });

  test("a token that the service refuses is renewed once", async () => {
    const client = await rig.signedIn();
    client.transport.credentials.tokens.accessToken = "not-valid";
    await rig.faults();
    const run = await rig.ask(client);
    assert.equal((await rig.requests("POST", "/api/auth/refresh")).length, 1);
    client.transport.credentials.tokens.accessToken = "not-valid";
    dense(await seqsOf(run.events()));
  });

  test("tokens that cannot be stored", async () => {
    await assert.rejects(rig.signedIn({ onTokens: () => { throw new Error("disk full"); } }), sdk.SessionLostError);
  });

  test("account, keys and sessions", async () => {
    const email = `js-${Date.now()}@example.com`;
    await rig.client().auth.register({ email, name: "Js", password: "correct horse battery" });
    const options = { email, baseUrl: rig.base_url, timeoutMs: PATIENCE_MS };
    const first = await sdk.Netra.signIn({ ...options, password: "correct horse battery" });
    await first.auth.changePassword("correct horse battery", "another horse battery");
    const client = await sdk.Netra.signIn({ ...options, password: "another horse battery" });
    const made = await client.keys.create({ name: "one", scopes: ["read"] });
    assert.equal((await client.keys.list()).data.length, 1);
    await client.keys.revoke(made.key.id);
    await assert.rejects(rig.client({ apiKey: made.secret }).auth.me(), sdk.UnauthorizedError);
    await client.keys.revokeAll();
    assert.ok((await client.auth.ticket()).ticket);
    await assert.rejects(client.auth.exchange("wrong"), sdk.NetraError);
    await assert.rejects(client.auth.authorize({ redirectUri: "http://127.0.0.1/x" }), sdk.NetraError);
    await assert.rejects(async () => { for await (const _ of client.audit.list()) break; }, sdk.ForbiddenError);
    assert.ok((await client.auth.sessions.list()).data.length > 0);
    await client.auth.sessions.endAll();
    await assert.rejects(client.auth.me(), sdk.NetraError);
  });
});

describe("errors", () => {
  const me = "GET /api/auth/me";
  const cases = [
    ["a proxy's page", { match: me, do: "status", code: 502, body: "html", times: 9 }, sdk.UnexpectedAnswerError],
    ["truncated JSON", { match: me, do: "truncate_json", times: 9 }, sdk.UnexpectedAnswerError],
    ["a defect of the service", { match: me, do: "status", code: 500, error: "INTERNAL_ERROR" }, sdk.InternalError],
    ["an unknown code", { match: me, do: "status", code: 418, error: "TEAPOT" }, sdk.ApiError],
    ["a limit for long", { match: me, do: "status", code: 429, error: "RATE_LIMITED", retry_after: 3600 }, sdk.RateLimitedError],
    ["a lost answer, always", { match: me, do: "lose_answer", times: 9 }, sdk.ConnectionFailedError],
  ];
  for (const [name, fault, kind] of cases) {
    test(name, async () => {
      await rig.faults(fault);
      const error = await rig.client().auth.me().then(() => undefined, (cause) => cause);
      assert.ok(error instanceof kind, String(error));
      assert.ok(!`${error.stack}${JSON.stringify(error)}`.includes(rig.keys.all));
    });
  }

  test("fields of a refusal", async () => {
    const error = await rig.client().agent.status("run-unknown").catch((cause) => cause);
    assert.ok(error instanceof sdk.NotFoundError);
    assert.equal(error.status, 404);
    assert.match(error.requestId, /./);
    assert.match(error.message, /^NOT_FOUND \(404\): /);
    await assert.rejects(rig.client().workloads.create(""), sdk.InvalidRequestError);
  });

  test("nobody listens, and a time that is over", async () => {
    const client = new sdk.Netra({ apiKey: "nk_x", baseUrl: await deadUrl(), maxRetries: 0 });
    await assert.rejects(client.auth.me(), sdk.ConnectionFailedError);
    await rig.faults({ match: me, do: "stall", s: 60, times: 9 });
    await assert.rejects(rig.client().auth.me({ timeoutMs: 300 }), sdk.TimedOutError);
    await assert.rejects(rig.client().auth.me({ signal: AbortSignal.abort(new Error("left")) }), /left/);
  });

  test("a thousand calls leave no listener on a signal", async () => {
    const controller = new AbortController();
    let listeners = 0;
    const { signal } = controller;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...given) => { listeners += 1; add(...given); };
    signal.removeEventListener = (...given) => { listeners -= 1; remove(...given); };
    const fetch = () => Promise.resolve(new Response('{"status":"ok"}', { status: 200 }));
    const client = rig.client({ fetch });
    for (let n = 0; n < 1_000; n++) await client.health.check({ signal });
    assert.equal(listeners, 0);
  });
});

describe("repeats", () => {
  test("a lost answer of execute makes one run", async () => {
    await rig.faults({ match: "POST /api/agent/execute", do: "lose_answer" });
    const run = await rig.ask(rig.client());
    const found = await rig.requests("POST", "/api/agent/execute");
    assert.equal(found.length, 2);
    assert.equal(found[0].headers["idempotency-key"], found[1].headers["idempotency-key"]);
    assert.equal(found[0].body_sha256, found[1].body_sha256);
    dense(await seqsOf(run.events()));
  });

  test("a lost answer of a deletion is success", async () => {
    const client = rig.client();
    const { id } = await client.workloads.create("short-lived");
    await rig.faults({ match: "DELETE /api/workloads/*", do: "lose_answer" });
    await client.workloads.delete(id);
    await assert.rejects(client.workloads.delete(id), sdk.NotFoundError);
    await client.workloads.delete(id, { missingOk: true });
  });

  test("a lost answer of a new key is asked for again", async () => {
    const client = await rig.signedIn();
    await rig.faults({ match: "POST /api/keys", do: "lose_answer" });
    const made = await client.keys.create({ name: "lost", scopes: ["read"] });
    assert.ok(made.secret);
    assert.equal((await rig.requests("POST", "/api/keys")).length, 2);
  });

  test("503 waits as long as it asks, a refused connection is tried again", async () => {
    await rig.faults({ match: "GET /api/auth/me", do: "status", code: 503, retry_after: 1 });
    await rig.client().auth.me();
    const found = await rig.requests("GET", "/api/auth/me");
    assert.ok(found[1].at_ms - found[0].at_ms >= 1_000);
    await rig.faults({ match: "GET /api/auth/me", do: "refuse", times: 2 });
    await rig.client().auth.me();
  });

  test("a key that belongs to another request", async () => {
    const client = rig.client();
    await client.workloads.create("one", { idempotencyKey: "same-key-js" });
    await assert.rejects(client.workloads.create("two", { idempotencyKey: "same-key-js" }), sdk.IdempotencyKeyReusedError);
  });
});

describe("runs", () => {
  test("every cut", async () => {
    const run = await rig.ask(rig.client());
    const all = await seqsOf(run.events());
    dense(all);
    for (const fault of [
      { match: STREAM, do: "cut_after_events", events: 1, times: all.length + 1 },
      { match: STREAM, do: "cut_after_events", events: 2, more_bytes: 25, times: 3 },
      { match: STREAM, do: "split" },
      { match: STREAM, do: "refuse", times: 3 },
      { match: STREAM, do: "status", code: 503, retry_after: 0, times: 2 },
    ]) {
      await rig.faults(fault);
      dense(await seqsOf(rig.client().agent.events(run.id)));
    }
    await rig.faults({ match: STREAM, do: "stall", events: 1, s: 30 });
    dense(await seqsOf(rig.client({ idleTimeoutMs: 200 }).agent.events(run.id)));
    await rig.faults();
    for (const after of all) assert.equal((await seqsOf(run.events({ after }))).length, all.length - after);
    await rig.faults({ match: STREAM, do: "cut_after_bytes", bytes: 1, times: 99 });
    await assert.rejects(seqsOf(run.events()), sdk.StreamBrokenError);
    await rig.faults();
    await assert.rejects(seqsOf(rig.client().agent.events("run-of-a-stranger")), sdk.NotFoundError);
  });

  test("a killed server", async () => {
    const run = await rig.ask(rig.client());
    const found = [];
    for await (const event of run.events()) {
      found.push(event.seq);
      if (found.length === 1) await rig.restart();
    }
    dense(found);
  });

  test("ask, wait, text, cancel", async () => {
    const client = rig.client();
    const { advice, run, threadId } = await client.ask({ message: "20 % cheaper", workload_id: rig.workload_id });
    assert.ok(advice.report);
    let so = "";
    for await (const piece of run.text()) so = piece.restarted ? piece.text : so + piece.text;
    assert.equal(so, advice.report);
    await rig.faults({ match: STREAM, do: "stall", s: 60, times: 9 });
    await assert.rejects(run.wait({ timeoutMs: 100 }), sdk.WaitTimeoutError);
    await rig.faults();
    const history = await client.agent.history({ thread_id: threadId });
    assert.equal(history.total, 1);
    assert.equal((await client.agent.history({ thread_id: threadId, status: "completed", q: "% CHEAPER" })).total, 1);
    assert.equal((await client.agent.history({ thread_id: threadId, until: "2001-01-01T00:00:00Z" })).total, 0);
    const events = await client.workloads.listEvents(rig.workload_id, { model: ["gpt-4o", "none"], sort: "-usd", limit: 3 });
    assert.ok(events.total > 3 && events.data.length === 3 && events.data[0].usd >= events.data[2].usd);
    assert.deepEqual((await client.workloads.intake(rig.workload_id)).emitters, []);
    assert.equal((await client.threads.rename(threadId, "renamed")).title, "renamed");
    assert.ok((await client.threads.get(threadId)).messages.length > 0);
    await client.threads.delete(threadId);
    const other = await rig.ask(client);
    const status = await other.cancel();
    if (status.status === "cancelled") await assert.rejects(other.wait(), sdk.RunCancelledError);
  });

  test("a proxy that holds the stream back does not hold the answer", { timeout: PATIENCE_MS }, async () => {
    const run = await rig.ask(rig.client());
    await rig.faults({ match: STREAM, do: "stall", s: 120, times: 99 });
    assert.ok((await rig.client({ idleTimeoutMs: 60_000 }).agent.attach(run.id).wait()).report);
  });
});

describe("lists and calls", () => {
  test("pages", async () => {
    const client = rig.client();
    for (let n = 0; n < 7; n++) await client.workloads.create(`page ${n}`);
    const page = await client.workloads.list({ limit: 3 });
    const seen = new Set();
    for await (const one of client.workloads.list({ limit: 3 })) seen.add(one.id);
    assert.equal(seen.size, page.total);
    assert.ok(page.hasMore);
    await rig.faults();
    for await (const _ of client.workloads.list({ limit: 3 })) break;
    assert.equal((await rig.requests("GET", "/api/workloads")).length, 1);
    await rig.faults({ match: "GET /api/workloads", do: "rewrite", set: { data: [] } });
    let count = 0;
    for await (const _ of client.workloads.list({ limit: 3 })) count += 1;
    assert.equal(count, seen.size - 3);
    const pagination = { total: 9, limit: 3, offset: 0, has_more: true, next_cursor: "again" };
    await rig.faults({ match: "GET /api/workloads", do: "status", code: 200, times: 9, json: { data: [], pagination } });
    await assert.rejects(async () => { for await (const _ of client.workloads.list()) count += 1; }, sdk.UnexpectedAnswerError);
  });

  test("many calls, a lost answer, a bad row", async () => {
    const client = rig.client();
    const { id } = await client.workloads.create("added");
    await client.workloads.rename(id, "renamed");
    await rig.faults({ match: "POST /api/workloads/*/events", do: "lose_answer" });
    const calls = Array.from({ length: 10_050 }, (_, n) => ({ ...callOf(n), ...(n === 10_049 ? { input_tokens: -1 } : {}) }));
    const taken = await client.workloads.addEvents(id, calls);
    assert.deepEqual([taken.accepted, taken.rejected], [10_049, 1]);
    assert.equal(taken.results.at(-1).line, 10_050);
    assert.equal((await client.workloads.get(id)).event_count, 10_049);
    const simulated = await client.workloads.simulate(id, { model: "gpt-4o-mini" });
    assert.ok(simulated.then_usd_in_window < simulated.now_usd_in_window);
    const explained = await client.workloads.explain(id, { before: "2026-10-01T00:00:00Z/2026-10-01T01:00:00Z", after: "2026-10-01T01:00:00Z/2026-10-01T02:00:00Z" });
    assert.ok(explained.before_usd > 0);
    await client.workloads.delete(id);
  });

  test("small reads", async () => {
    const client = rig.client();
    await client.config();
    await client.health.check();
    await client.health.dependencies();
    assert.equal((await client.health.ready()).ready, true);
    await rig.faults({ match: "GET /health/ready", do: "status", code: 503, json: { ready: false, checks: {} } });
    assert.equal((await client.health.ready()).ready, false);
  });
});

describe("recorder", () => {
  test("loses and doubles nothing", { timeout: PATIENCE_MS }, async () => {
    const client = rig.client({ maxRetries: 0 });
    const { id } = await client.workloads.create("recorded");
    const match = "POST /api/workloads/*/events";
    await rig.faults(
      { match, do: "lose_answer", nth: 1 },
      { match, do: "refuse", nth: 3 },
      { match, do: "status", code: 429, error: "RATE_LIMITED", retry_after: 0, nth: 4 },
      { match, do: "status", code: 503, retry_after: 0, nth: 6 },
    );
    const recorder = sdk.recorder(client, id, { maxQueue: 30_000, intervalMs: 50 });
    for (let n = 0; n < 25_000; n++) {
      recorder.record(callOf(n));
      if (n === 12_000) await rig.restart();
    }
    assert.deepEqual(await recorder.close(PATIENCE_MS), { sent: 25_000, pending: 0, dropped: 0 });
    assert.equal((await client.workloads.get(id)).event_count, 25_000);
  });

  test("a server that is gone", async () => {
    const client = new sdk.Netra({ apiKey: "nk_x", baseUrl: await deadUrl(), maxRetries: 0 });
    let dropped = 0;
    const recorder = sdk.recorder(client, "wl-1", { maxQueue: 10, onDrop: (count) => { dropped = count; } });
    for (let n = 0; n < 12; n++) recorder.record(callOf(n));
    assert.equal((await recorder.flush(50)).pending, 10);
    assert.ok(dropped > 0);
    assert.equal((await recorder.close(50)).dropped, 12);
    recorder.record(callOf(1));
    assert.equal(recorder.stats().dropped, 13);
  });

  test("rejected rows and refused batches are reported", async () => {
    const client = rig.client();
    const { id } = await client.workloads.create("rejected");
    const rows = [];
    const recorder = sdk.recorder(client, id, { onRejected: (found) => { rows.push(...found); } });
    recorder.record({ ...callOf(1), output_tokens: -5 });
    await recorder.close(PATIENCE_MS);
    assert.equal(rows.length, 1);
    const lost = sdk.recorder(client, "wl-of-a-stranger");
    lost.record(callOf(1));
    assert.equal((await lost.close(PATIENCE_MS)).dropped, 1);
  });
});

describe("live", { skip: typeof WebSocket === "undefined" && "Node before 22 has no WebSocket; `live` then takes one in its options" }, () => {
  test("ask, ping, a killed server, a run that has ended", { timeout: PATIENCE_MS }, async () => {
    const client = await rig.signedIn();
    const live = await sdk.live(client);
    await live.ping();
    const run = await live.ask({ message: "20 % cheaper", workload_id: rig.workload_id });
    dense(await seqsOf(run));
    const second = await live.ask({ message: "2x faster", workload_id: rig.workload_id });
    await rig.restart();
    assert.ok((await second.wait()).report);
    const ended = live.subscribe(run.id, run.cursor.after);
    assert.ok((await ended.wait()).report);
    await assert.rejects(live.subscribe("run-of-a-stranger").wait(), sdk.NetraError);
    const third = await live.ask({ message: "cheaper", workload_id: rig.workload_id });
    await live.stop(third.id);
    live.close();
    await assert.rejects(live.subscribe("run-x").wait(), sdk.ConnectionFailedError);
  });

  test("a wrong key is refused", async () => {
    await assert.rejects(sdk.live(rig.client({ apiKey: "nk_wrong" })), sdk.UnauthorizedError);
  });
});

test("seeded episodes", { timeout: 100 * PATIENCE_MS }, async () => {
  const client = rig.client({ maxRetries: 6 });
  const { id } = await client.workloads.create("episodes");
  let sent = 0;
  for (let seed = 0; seed < Number(process.env.NETRA_TEST_EPISODES ?? 6); seed++) sent = await episode(client, id, seed, sent);
  await rig.faults();
  assert.equal((await client.workloads.get(id)).event_count, sent);
});

async function episode(client, id, seed, sent) {
  let state = seed * 2_654_435_761 + 1;
  const draw = (below) => { state = (state * 1_103_515_245 + 12_345) % 2 ** 31; return Math.floor((state / 2 ** 31) * below); };
  const faults = ["POST /api/agent/execute", "POST /api/workloads/*/events"].map((match) => (
    { match, nth: 1 + draw(2), do: ["lose_answer", "refuse", "status"][draw(3)], code: 503, retry_after: 0 }));
  for (let n = 0; n < 2; n++) faults.push({ match: STREAM, nth: 1 + draw(2), do: "cut_after_events", events: 1 + draw(4), more_bytes: draw(40) });
  await rig.faults(...faults);
  const recorder = sdk.recorder(client, id, { intervalMs: 10 });
  for (let n = draw(300); n >= 0; n--) recorder.record(callOf(sent++));
  const run = await rig.ask(client);
  if (draw(5) === 0) await rig.restart();
  dense(await seqsOf(run.events()));
  assert.deepEqual(await recorder.close(PATIENCE_MS), { sent: recorder.stats().sent, pending: 0, dropped: 0 });
  const keys = new Set((await rig.requests("POST", "/api/agent/execute")).map((one) => one.headers["idempotency-key"]));
  assert.equal(keys.size, 1, `seed ${seed}`);
  return sent;
}

test("the example of the README runs", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(new URL("../examples/quickstart.mjs", import.meta.url))], {
    env: { ...process.env, NETRA_API_KEY: rig.keys.all, NETRA_BASE_URL: rig.base_url },
  });
  assert.match(stdout, /call/);
});
