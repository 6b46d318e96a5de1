import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import * as sdk from "../lib/esm/index.js";
import { Cursor } from "../lib/esm/cursor.js";
import { CLASS_BY_CODE } from "../lib/esm/errors.js";
import { decide, delayMs, retryAfterOf } from "../lib/esm/policy.js";
import { SseParser } from "../lib/esm/sse.js";

const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");

test("every error code has its class", () => {
  const spec = JSON.parse(read("../../spec/errors.json"));
  assert.deepEqual(Object.keys(CLASS_BY_CODE).sort(), Object.keys(spec).sort());
});

test("every operation has its method", () => {
  const spec = JSON.parse(read("../../spec/methods.json"));
  const client = new sdk.Netra({ apiKey: "nk_x" });
  for (const [id, { typescript }] of Object.entries(spec)) {
    if (typescript === null) continue;
    const path = typescript.split("(")[0].replace(/^Netra\./, "constructor.").split(".");
    const found = path.reduce((at, part) => at?.[part], client);
    assert.equal(typeof found, "function", `${id}: the SDK has no ${typescript}`);
  }
});

test("what follows an attempt", () => {
  const cases = [
    ["O", { happening: "notSent" }, false, "again"],
    ["G", { happening: "ambiguous" }, false, "again"],
    ["K", { happening: "ambiguous" }, false, "again"],
    ["O", { happening: "ambiguous" }, false, "unknown"],
    ["O", { happening: "answered", status: 429, code: "RATE_LIMITED", retryAfterS: 1 }, false, "again"],
    ["G", { happening: "answered", status: 429, code: "RATE_LIMITED", retryAfterS: 3600 }, false, "giveUp"],
    ["K", { happening: "answered", status: 409, code: "IDEMPOTENCY_IN_PROGRESS" }, false, "again"],
    ["K", { happening: "answered", status: 409, code: "CONFLICT" }, false, "giveUp"],
    ["G", { happening: "answered", status: 401, code: "UNAUTHORIZED" }, true, "renew"],
    ["G", { happening: "answered", status: 401, code: "UNAUTHORIZED" }, false, "giveUp"],
    ["G", { happening: "answered", status: 500, code: "INTERNAL_ERROR" }, false, "giveUp"],
    ["G", { happening: "answered", status: 503 }, false, "giveUp"],
  ];
  for (const [safety, attempt, canRenew, wanted] of cases) {
    assert.equal(decide(safety, attempt, canRenew, 60), wanted, JSON.stringify(attempt));
  }
  for (let attempt = 0; attempt < 40; attempt++) {
    const found = delayMs(attempt, undefined, 0.999);
    assert.ok(found >= 250 && found <= 8_000, String(found));
  }
  assert.equal(delayMs(0, 3, 0), 3_000);
  assert.equal(retryAfterOf(new Headers({ "retry-after": "2" })), 2);
  assert.equal(retryAfterOf(new Headers({ "retry-after": "-2" })), undefined);
  assert.equal(retryAfterOf(new Headers()), undefined);
});

const STREAMS = [
  ["id: 1\nevent: a\ndata: x\n\n", [["a", "x", "1"]]],
  ["id: 1\revent: a\rdata: x\r\r", [["a", "x", "1"]]],
  ["data: x\r\ndata: y\r\n\r\n", [["", "x\ny", ""]]],
  ["\ufeffdata: x\n\n", [["", "x", ""]]],
  [": hello\n\ndata: x\n\n", [["", "x", ""]]],
  ["data:  x\n\n", [["", " x", ""]]],
  ["id: 7\n\ndata: x\n\ndata: y\n\n", [["", "x", "7"], ["", "y", "7"]]],
  ["id: a\0b\ndata: x\n\n", [["", "x", ""]]],
  ["data\n\n", [["", "", ""]]],
  ["event: a\n\ndata: x\n\n", [["", "x", ""]]],
  ["data: x\n\ndata: y\n", [["", "x", ""]]],
];

test("server-sent events, whole and sign by sign", () => {
  for (const [text, wanted] of STREAMS) {
    for (const pieces of [[text], Array.from(text)]) {
      const parser = new SseParser();
      const found = pieces.flatMap((piece) => parser.push(piece)).map(({ type, data, lastId }) => [type, data, lastId]);
      assert.deepEqual(found, wanted, JSON.stringify(text));
    }
  }
  const parser = new SseParser();
  const piece = "x".repeat(2 ** 24);
  assert.throws(() => { for (let n = 0; n < 6; n++) parser.push(piece); }, RangeError);
});

test("the cursor gives each event once and refuses a gap", () => {
  const cursor = new Cursor(3);
  assert.equal(cursor.takes({ type: "agent_result", seq: 3 }), false);
  assert.throws(() => cursor.takes({ type: "agent_result", seq: 6 }), sdk.StreamBrokenError);
  assert.equal(cursor.takes({ type: "agent_update", seq: 6, skipped: 2 }), true);
  assert.equal(cursor.lost("x", 0), 0);
  for (let n = 0; n < 8; n++) assert.ok(cursor.lost("x", 0.5) > 0);
  assert.throws(() => cursor.lost("x", 0), sdk.StreamBrokenError);
});

test("answers of model providers", async () => {
  const chat = {
    id: "chatcmpl-1", model: "gpt-4o", choices: [{ finish_reason: "stop" }],
    usage: { prompt_tokens: 1712, completion_tokens: 300, prompt_tokens_details: { cached_tokens: 1536 }, completion_tokens_details: { reasoning_tokens: 128 } },
  };
  const call = sdk.callFromOpenAI(chat, { startedAt: 1_000, firstTokenAt: 1_200, endedAt: 3_000, columns: { feature: "chat" } });
  assert.deepEqual(call, {
    id: "chatcmpl-1", model: "gpt-4o", provider: "openai", input_tokens: 1712, output_tokens: 300, cached_input_tokens: 1536, reasoning_tokens: 128,
    timestamp: "1970-01-01T00:00:01.000Z", latency_ms: 2_000, ttft_ms: 200, streaming: true, status: "stop", feature: "chat",
  });
  const message = {
    id: "msg_1", model: "claude-sonnet-4-5", stop_reason: "end_turn",
    usage: { input_tokens: 176, output_tokens: 300, cache_read_input_tokens: 1024, cache_creation_input_tokens: 512, cache_creation: { ephemeral_1h_input_tokens: 512 } },
  };
  const other = sdk.callFromAnthropic(message, { startedAt: 1_000, endedAt: 2_000 });
  assert.equal(other.input_tokens, 1712);
  assert.equal(other.cached_input_tokens, 1024);
  assert.equal(other.cache_write_1h_tokens, 512);
  assert.throws(() => sdk.callFromOpenAI({ model: "gpt-4o" }, { startedAt: 1 }), /usage/);
  const [a, b] = [await sdk.prefixHashes("x".repeat(1_024) + "a"), await sdk.prefixHashes("x".repeat(1_024) + "b")];
  assert.deepEqual(a, b);
  assert.equal(a.length, 2);
  assert.equal(await sdk.promptHash("hello"), "2cf24dba5fb0a30e");
});

test("wrong configurations are refused", () => {
  for (const options of [{ baseUrl: "ftp://x" }, { apiKey: "nk_a\nb" }]) {
    assert.throws(() => new sdk.Netra(options), sdk.ConfigurationError);
  }
  globalThis.document = {};
  try {
    assert.throws(() => new sdk.Netra({ apiKey: "nk_x" }), /every script/);
    assert.ok(new sdk.Netra({ apiKey: "nk_x", allowKeyInBrowser: true }));
  } finally {
    delete globalThis.document;
  }
});

test("CommonJS and ESM know each other's errors", () => {
  const cjs = createRequire(import.meta.url)("../lib/cjs/index.js");
  assert.ok(sdk.NetraError.is(new cjs.ConfigurationError("x")));
  assert.ok(!(new cjs.ConfigurationError("x") instanceof sdk.NetraError));
});

async function bundled(source) {
  const built = await build({
    stdin: { contents: source, resolveDir: fileURLToPath(new URL("..", import.meta.url)) },
    bundle: true, minify: true, format: "esm", target: "es2022", write: false,
  });
  return gzipSync(built.outputFiles[0].contents, { level: 9 }).length;
}

test("the package is small, without dependencies, and its types know no any", async () => {
  const whole = await bundled('export * from "./lib/esm/index.js"');
  const client = await bundled('export { Netra } from "./lib/esm/index.js"');
  console.log(`gzip: everything ${whole} bytes, the client without recorder and live ${client} bytes`);
  assert.ok(whole <= 12 * 1_024, `${whole} bytes`);
  assert.ok(client <= 8 * 1_024, `${client} bytes`);
  assert.equal(JSON.parse(read("../package.json")).dependencies, undefined);
  const names = readdirSync(new URL("../lib/esm", import.meta.url));
  for (const one of names.filter((name) => name.endsWith(".d.ts"))) assert.doesNotMatch(read(`../lib/esm/${one}`), /[:<,|] ?any\b/, one);
});
