// Carries out the scenarios of sdks/spec/conformance.json with a client of this SDK; the reference is python/tests/runner.py.
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { inspect } from "node:util";
import * as sdk from "../lib/esm/index.js";

const LONG = "x".repeat(2_000_000);
const OPTIONS = { timeout: "timeoutMs", max_retries: "maxRetries", max_retry_after: "maxRetryAfterMs", idle_timeout: "idleTimeoutMs" };

export class Runner {
  constructor(rig) {
    this.rig = rig;
    this.saved = { rig, long: LONG, unique: `key-${crypto.randomUUID()}` };
    this.saved.address = `${this.saved.unique}@example.com`;
  }

  async run(scenario) {
    await this.rig.faults();
    this.options = optionsOf(scenario.client.options ?? {});
    await this.use(scenario.client.as);
    await this.rig.faults(...(scenario.faults ?? []));
    for (const step of scenario.steps) await this.step(this.filled(step));
  }

  // Clients.

  async use(name) {
    const [kind, how] = name.split(":");
    if (kind === "key") {
      this.client = this.made({ apiKey: this.rig.keys[how] });
      return;
    }
    const { email, password } = this.rig.users[kind];
    const direct = await sdk.Netra.signIn({ email, password, baseUrl: this.rig.direct_url });
    const { tokens } = direct.transport.credentials;
    this.client = this.made({ tokens: how === "expiring" ? { ...tokens, expiresAt: Date.now() } : tokens });
  }

  made(credential) {
    return new sdk.Netra({ baseUrl: this.rig.base_url, ...credential, ...this.options });
  }

  // Steps.

  filled(value) {
    if (typeof value === "string" && value.startsWith("$")) {
      return value.slice(1).split(".").reduce((found, part) => found[part], this.saved);
    }
    if (Array.isArray(value)) return value.map((one) => this.filled(one));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, this.filled(one)]));
  }

  async step(step) {
    if (step.call !== undefined) await this.called(step);
    else if (step.log !== undefined) await this.logged(step.log);
    else if (step.faults !== undefined) await this.rig.faults(...step.faults);
    else if (step.compare !== undefined) assert.equal(step.compare[0] - step.compare[1], step.compare[2]);
    else assert.fail(`unknown step ${JSON.stringify(step)}`);
  }

  async called(step) {
    const began = performance.now();
    let got;
    try {
      got = await this.operation(step.call)(step.args ?? {});
    } catch (error) {
      if (step.error === undefined || !sdk.NetraError.is(error)) throw error;
      checkError(error, step.error);
    }
    const took = (performance.now() - began) / 1_000;
    if (step.error !== undefined) assert.equal(got, undefined, `${step.call} did not fail`);
    assert.ok(took <= (step.within_s ?? Infinity), `${step.call} took ${took} s`);
    assert.ok(took >= (step.at_least_s ?? 0), `${step.call} took only ${took} s`);
    for (const [path, wanted] of Object.entries(step.expect ?? {})) {
      check(path.split(".").reduce((found, part) => found[part], got), wanted, `${step.call}: ${path}`);
    }
    if (step.save !== undefined) this.saved[step.save] = got;
  }

  operation(name) {
    const found = OPERATIONS[name];
    assert.ok(found, `no operation ${name}`);
    return (args) => found.call(this, this.client, args);
  }

  async logged(wanted) {
    const match = new RegExp(`^${wanted.match.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`);
    const lines = (await this.rig.control("GET", "/log")).filter((one) => match.test(`${one.method} ${one.path}`));
    assert.equal(lines.length, wanted.count, inspect(lines.map((one) => [one.method, one.path, one.did])));
    const different = (of) => new Set(lines.map(of)).size;
    if (wanted.same_header !== undefined) assert.equal(different((one) => one.headers[wanted.same_header]), 1);
    if (wanted.differing_header !== undefined) assert.equal(different((one) => one.headers[wanted.differing_header]), lines.length);
    if (wanted.same_body) assert.equal(different((one) => one.body_sha256), 1);
    for (const [name, pattern] of Object.entries(wanted.header ?? {})) {
      for (const line of lines) assert.match(line.headers[name], new RegExp(pattern));
    }
    for (let n = 1; n < lines.length; n++) assert.ok(lines[n].at_ms - lines[n - 1].at_ms >= (wanted.min_gap_ms ?? 0));
  }
}

const seconds = (value) => (value === undefined ? {} : { timeoutMs: value * 1_000 });

const OPERATIONS = {
  async "client.use"(_, { as }) { await this.use(as); },
  async "client.use_key"(_, { key }) { this.client = this.made({ apiKey: key }); },
  async "auth.sign_in"(_, given) { this.client = await sdk.Netra.signIn({ ...given, baseUrl: this.rig.base_url }); },
  "auth.me": (client) => client.auth.me(),
  async "auth.refresh"(client) { await client.auth.refresh(); },
  "auth.sign_out": (client) => client.auth.signOut(),
  "auth.register": (client, body) => client.auth.register(body),
  "auth.change_password": (client, given) => client.auth.changePassword(given.current, given.new),
  async "keys.create"(client, body) {
    const made = await client.keys.create(body);
    return { id: made.key.id, secret: made.secret };
  },
  "keys.revoke": (client, { id }) => client.keys.revoke(id),
  "workloads.create": (client, { name }) => client.workloads.create(name),
  "workloads.get": (client, { id }) => client.workloads.get(id),
  "workloads.rename": (client, { id, name }) => client.workloads.rename(id, name),
  "workloads.delete": (client, { id, missing_ok: missingOk = false }) => client.workloads.delete(id, { missingOk }),
  async "workloads.add_events"(client, { id, count, bad = 0 }) {
    const got = await client.workloads.addEvents(id, calls(count, bad));
    return { accepted: got.accepted, rejected: got.rejected, duplicates: got.duplicates, last_line: got.results.at(-1).line };
  },
  async "workloads.list_events"(client, { id, ...filters }) {
    const page = await client.workloads.listEvents(id, filters);
    return { total: page.total, ids: page.data.map((one) => one.event.id), priced: page.data.every((one) => one.usd > 0) };
  },
  "workloads.intake": (client, { id }) => client.workloads.intake(id),
  "workloads.decisions": (client, { id }) => client.workloads.decisions(id),
  "workloads.decide": (client, { id, key, etag, ...decision }) => client.workloads.decide(id, key, decision, { etag }),
  "workloads.verification": (client, { id, key }) => client.workloads.verification(id, key),
  async "workloads.simulate"(client, { id, ...proposal }) {
    const got = await client.workloads.simulate(id, proposal);
    return { calls: got.calls, cheaper: got.then_usd_in_window < got.now_usd_in_window };
  },
  async "agent.execute"(client, { idempotency_key: idempotencyKey, ...ask }) {
    const run = await client.agent.execute(ask, idempotencyKey === undefined ? {} : { idempotencyKey });
    return { id: run.id, thread_id: run.threadId };
  },
  "agent.status": (client, { id }) => client.agent.status(id),
  async "agent.cancel"(client, { id }) {
    return { ended_or_cancelling: !["queued", "running"].includes((await client.agent.cancel(id)).phase) };
  },
  async "agent.attach"(client, { id }) { client.agent.attach(id); },
  async "agent.history"(client, filters) {
    const page = await client.agent.history(filters);
    return { total: page.total, ...(filters.thread_id === undefined ? {} : { ids: await all(page, (one) => one.run_id) }) };
  },
  async "run.events"(client, { id, after = 0, restart_after: restartAfter = 0 }) {
    const events = [];
    for await (const event of client.agent.events(id, { after })) {
      events.push(event);
      if (event.seq === restartAfter) await this.rig.restart();
    }
    return shown(events, after);
  },
  async "run.resume_everywhere"(client, { id }) {
    const whole = (await this.operation("run.events")({ id })).seqs;
    let same = true;
    for (let after = 0; after < whole.length; after++) {
      const { seqs } = await this.operation("run.events")({ id, after });
      same &&= seqs.join() === whole.slice(after).join();
    }
    return { same };
  },
  async "run.two_readers"(client, { id }) {
    const [one, other] = await Promise.all([0, 1].map(() => this.operation("run.events")({ id })));
    return { same: one.seqs.join() === other.seqs.join() };
  },
  async "run.wait"(client, { id, timeout }) {
    const advice = await client.agent.attach(id).wait(seconds(timeout));
    return { recommendations: advice.recommendations.length, report_length: advice.report.length };
  },
  async "threads.list"(client, { limit, take, insert_after_first: isDisturbed = false }) {
    const ids = [];
    const page = await client.threads.list(limit === undefined ? {} : { limit });
    for await (const thread of page) {
      ids.push(thread.id);
      if (isDisturbed && ids.length === limit) await this.operation("fill_threads")({ count: 1 });
      if (ids.length === take) break;
    }
    return { ids, count: ids.length, total: page.total };
  },
  "threads.get": (client, { id }) => client.threads.get(id),
  async fill_threads(_, { count }) {
    const { email, password } = this.rig.users.eve;
    const direct = await sdk.Netra.signIn({ email, password, baseUrl: this.rig.direct_url });
    for (let n = 0; n < count; n++) await direct.agent.execute({ message: `thread ${n}` });
  },
  async together(_, { count, of }) {
    const done = await Promise.all(Array.from({ length: count }, () => this.operation(of)({})));
    return { done: done.length };
  },
  async "recorder.send"(client, { id, count, timeout = 10, bad = 0, max_queue: maxQueue = 10_000, restart = false, close = false }) {
    let told = 0;
    const rejected = [];
    const recorder = sdk.recorder(client, id, { maxQueue, onDrop: (n) => { told += n; }, onRejected: (rows) => rejected.push(...rows) });
    for (const call of calls(count, bad)) recorder.record(call);
    if (restart) await this.rig.restart();
    const got = close ? await recorder.close(timeout * 1_000) : await recorder.flush(timeout * 1_000);
    if (!close) await recorder.close(0);
    return { ...got, told, rejected_rows: rejected.length };
  },
  async "live.ask"(client, { restart = "", ...ask }) {
    return socket(client, async (live) => {
      const events = [];
      for await (const event of await live.ask(ask)) {
        events.push(event);
        if (restart !== "" && events.length === 1) await this.rig.restart(restart);
      }
      return shown(events, 0);
    });
  },
  async "live.many"(client, { count, workload_id }) {
    return socket(client, async (live) => {
      const runs = [];
      for (let n = 0; n < count; n++) runs.push(await live.ask({ message: `${10 + n} % cheaper`, workload_id }));
      const found = await Promise.all(runs.map((run) => run.wait()));
      return { succeeded: found.filter((advice) => advice.report !== "").length };
    });
  },
  async "live.subscribe"(client, { id, after }) {
    return socket(client, async (live) => {
      const events = await all(live.subscribe(id, after));
      return { ...shown(events, after), first: events[0].seq };
    });
  },
  async "live.stop"(client, ask) {
    return socket(client, async (live) => {
      const run = await live.ask(ask);
      await live.stop(run.id);
      return shown(await all(run), 0);
    });
  },
  async canary(client) {
    const seen = [];
    const keep = (...words) => { seen.push(inspect(words, { depth: 9 })); };
    const { tokens } = client.transport.credentials;
    const talking = this.made({ tokens, logger: { debug: keep, warn: keep } });
    await talking.auth.me();
    await talking.threads.get("thread-none").catch((error) => keep(error, String(error)));
    keep(talking);
    seen.push(JSON.stringify(talking) ?? "");
    assert.ok(seen.length > 4);
    const secrets = [tokens.accessToken, tokens.refreshToken];
    return { leaks: seen.filter((line) => secrets.some((secret) => line.includes(secret))).length };
  },
  async leftovers() {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
    const before = timers();
    const { signal } = new AbortController();
    const client = this.made({ apiKey: this.rig.keys.all });
    const { id } = await client.workloads.create("left", { signal });
    const recorder = sdk.recorder(client, id);
    recorder.record(calls(1, 0)[0]);
    const run = await client.agent.execute({ message: "What can you do?" }, { signal });
    for await (const _ of run.events({ signal })) break;
    await run.wait({ signal });
    await recorder.close();
    return { left: timers() - before + getEventListeners(signal, "abort").length };
  },
};

/** Returns the client's options, given in Python's names and seconds. */
function optionsOf(given) {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => {
    assert.ok(OPTIONS[name], `unknown option ${name}`);
    return [OPTIONS[name], name === "max_retries" ? value : value * 1_000];
  }));
}

async function socket(client, use) {
  const live = await sdk.live(client);
  try {
    return await use(live);
  } finally {
    live.close();
  }
}

async function all(items, of = (one) => one) {
  const found = [];
  for await (const one of items) found.push(of(one));
  return found;
}

function calls(count, bad) {
  const good = Array.from({ length: count }, (_, n) => ({
    id: `c-${n}`, timestamp: "2026-10-05T00:00:00Z", model: "gpt-4o", input_tokens: 100 + (n % 10), output_tokens: 10,
  }));
  return [...good, ...Array.from({ length: bad }, () => ({ model: "gpt-4o" }))];
}

function shown(events, after) {
  const seqs = events.map((event) => event.seq);
  const last = events.at(-1);
  return {
    seqs, dense: seqs.every((seq, n) => seq === after + 1 + n), last_seq: seqs.at(-1) ?? after,
    last: { type: last?.type === "agent_result" ? "agent_result" : "other", success: last?.success },
  };
}

function check(got, wanted, what) {
  const said = `${what} is ${inspect(got)}`;
  if (wanted === null || typeof wanted !== "object") return assert.equal(got, wanted, said);
  for (const [name, bound] of Object.entries(wanted)) {
    if (name === "gt") assert.ok(got > bound, said);
    else if (name === "len") assert.equal(got.length, bound, said);
    else if (name === "match") assert.match(got, new RegExp(bound), said);
    else if (name === "unique") assert.equal(new Set(got).size === got.length, bound, said);
    else assert.fail(`unknown matcher ${name}`);
  }
}

function checkError(error, wanted) {
  const kind = sdk[wanted.class.endsWith("Error") ? wanted.class : `${wanted.class}Error`];
  assert.ok(error instanceof kind, `${error.name}: ${error.message}`);
  if ("status" in wanted) assert.equal(error.status, wanted.status);
  if ("code" in wanted) assert.equal(error.code, wanted.code);
  if ("retry_after" in wanted) assert.equal(error.retryAfterS, wanted.retry_after);
  if ("message" in wanted) assert.ok(error.message.includes(wanted.message), error.message);
  if ("path" in wanted) assert.equal(error.details.errors[0].path, wanted.path);
  if (wanted.request_id) assert.ok(error.requestId);
}
