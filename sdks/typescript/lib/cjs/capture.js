"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.callFromOpenAI = callFromOpenAI;
exports.callFromAnthropic = callFromAnthropic;
exports.prefixHashes = prefixHashes;
exports.promptHash = promptHash;
function times(options) {
    const ended = options.endedAt ?? Date.now();
    return {
        timestamp: new Date(options.startedAt).toISOString(),
        latency_ms: ended - options.startedAt,
        ...(options.firstTokenAt === undefined ? {} : { ttft_ms: options.firstTokenAt - options.startedAt, streaming: true }),
    };
}
function known(columns) {
    return Object.fromEntries(Object.entries(columns).filter(([, value]) => value != null));
}
function count(from, name) {
    const value = from?.[name];
    return typeof value === "number" ? value : undefined;
}
function demanded(value, name) {
    if (value === undefined)
        throw new TypeError(`the answer has no ${name}: ask for usage (stream_options.include_usage)`);
    return value;
}
/** A call from an answer of OpenAI's chat completions, responses or embeddings. Throws where it has no usage. */
function callFromOpenAI(response, options) {
    const answer = response;
    const usage = answer["usage"];
    const input = count(usage, "input_tokens") ?? count(usage, "prompt_tokens");
    const details = (usage?.["input_tokens_details"] ?? usage?.["prompt_tokens_details"]);
    const outputs = (usage?.["output_tokens_details"] ?? usage?.["completion_tokens_details"]);
    const choice = answer["choices"]?.[0];
    return {
        model: String(answer["model"] ?? "unspecified"),
        provider: "openai",
        input_tokens: demanded(input, "usage.input_tokens"),
        output_tokens: count(usage, "output_tokens") ?? count(usage, "completion_tokens") ?? 0,
        ...times(options),
        ...known({
            id: answer["id"],
            cached_input_tokens: count(details, "cached_tokens"),
            cache_write_tokens: count(details, "cache_write_tokens"),
            reasoning_tokens: count(outputs, "reasoning_tokens"),
            service_tier: answer["service_tier"],
            status: choice?.["finish_reason"] ?? answer["status"],
        }),
        ...options.columns,
    };
}
/** A call from an answer of Anthropic's messages, whose own input count leaves cached tokens out. Throws where it has no usage. */
function callFromAnthropic(response, options) {
    const answer = response;
    const usage = answer["usage"];
    const fresh = demanded(count(usage, "input_tokens"), "usage.input_tokens");
    const read = count(usage, "cache_read_input_tokens");
    const written = count(usage, "cache_creation_input_tokens");
    return {
        model: String(answer["model"] ?? "unspecified"),
        provider: "anthropic",
        input_tokens: fresh + (read ?? 0) + (written ?? 0),
        output_tokens: count(usage, "output_tokens") ?? 0,
        ...times(options),
        ...known({
            id: answer["id"],
            cached_input_tokens: read,
            cache_write_tokens: written,
            cache_write_1h_tokens: count(usage?.["cache_creation"], "ephemeral_1h_input_tokens"),
            service_tier: usage?.["service_tier"],
            status: answer["stop_reason"],
        }),
        ...options.columns,
    };
}
async function digest(text) {
    const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
    return Array.from(sum.subarray(0, 8), (one) => one.toString(16).padStart(2, "0")).join("");
}
/** One hash for each whole block of `block` characters from the start: two prompts share as many as their common beginning has. The text is not sent. */
async function prefixHashes(text, block = 512) {
    const signs = Array.from(text); // by code point, as the Python SDK counts
    const found = [];
    for (let end = block; end <= signs.length; end += block)
        found.push(await digest(signs.slice(0, end).join("")));
    return found;
}
/** The hash of a whole prompt: equal prompts have equal hashes. */
function promptHash(messages) {
    return digest(typeof messages === "string" ? messages : JSON.stringify(messages));
}
