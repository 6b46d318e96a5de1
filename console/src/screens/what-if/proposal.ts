// A proposal in the address, the points of a slider's curve, and values between them. Pure.
import type { Proposal } from "@netra/sdk";

export type Query = Record<string, string | undefined>;

/** Names of the address that make the proposal. */
export const FIELDS = ["model", "cache", "ttl", "batch", "cap", "gpu", "hosted", "each", "replicas", "precision"] as const;
export type Field = (typeof FIELDS)[number];

export const precisions = ["bf16", "fp8", "fp4"] as const;
export const lifetimes = [300, 3_600] as const; // seconds that providers sell

function numberOf(text: string | undefined, least: number, most: number): number | undefined {
  const value = Number(text);
  return text === undefined || text === "" || !Number.isFinite(value) ? undefined : Math.min(most, Math.max(least, value));
}

/** Reads the proposal of an address; null where it proposes nothing. */
export function proposalOf(query: Query): Proposal | null {
  const batch = numberOf(query["batch"], 0, 100);
  const cap = numberOf(query["cap"], 1, 1_000_000);
  const ttl = numberOf(query["ttl"], 60, 86_400);
  const found: Proposal = {
    ...(query["model"] ? { model: query["model"] } : {}),
    ...(query["cache"] === "on" ? { cache: true } : query["cache"] === "off" ? { cache: false } : {}),
    ...(ttl === undefined || query["cache"] === "off" ? {} : { cache_ttl_s: ttl }),
    ...(batch === undefined ? {} : { batch_share: batch / 100 }),
    ...(cap === undefined ? {} : { max_output_tokens: Math.round(cap) }),
    ...(query["gpu"] ? fleetOf(query) : {}),
  };
  return Object.keys(found).length === 0 ? null : found;
}

function fleetOf(query: Query): Proposal {
  const each = numberOf(query["each"], 1, 64);
  const replicas = numberOf(query["replicas"], 1, 512);
  return {
    gpu: query["gpu"] ?? null,
    ...(query["hosted"] ? { hosted_model: query["hosted"] } : {}),
    ...(each === undefined ? {} : { gpus_per_replica: Math.round(each) }),
    ...(replicas === undefined ? {} : { replicas: Math.round(replicas) }),
    ...(query["precision"] ? { precision: query["precision"] } : {}),
  };
}

/** The part of an address that makes the proposal, as one text for a scenario. */
export function scenarioOf(query: Query): string {
  const given = FIELDS.filter((field) => query[field]).map((field) => [field, query[field] ?? ""]);
  return new URLSearchParams(given).toString();
}

/** The address of a scenario: every field, so that those it lacks are removed. */
export function patchOf(scenario: string): Record<Field, string | null> {
  const found = new URLSearchParams(scenario);
  return Object.fromEntries(FIELDS.map((field) => [field, found.get(field)])) as Record<Field, string | null>;
}

export interface Slider {
  field: "batch" | "cap" | "replicas";
  values: readonly number[];
}

/** At most 23 points: one of the 24 of a request is the proposal itself. */
export const sliders: Record<Slider["field"], readonly number[]> = {
  batch: Array.from({ length: 21 }, (_, at) => at * 5),
  cap: [64, 128, 192, 256, 384, 512, 768, 1_024, 1_536, 2_048, 3_072, 4_096, 6_144, 8_192, 16_384],
  replicas: [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32],
};

export interface CurvePoint {
  x: number;
  y: number;
}

/** The value of a curve at `x` by straight lines between its points; null outside them. */
export function between(points: readonly CurvePoint[], x: number): number | null {
  const sorted = [...points].sort((a, b) => a.x - b.x);
  const after = sorted.findIndex((point) => point.x >= x);
  const right = sorted[after];
  if (right === undefined) return null;
  if (right.x === x) return right.y;
  const left = sorted[after - 1];
  if (left === undefined) return null;
  return left.y + ((right.y - left.y) * (x - left.x)) / (right.x - left.x);
}

/** The proposal in words, for a question. */
export function wordsOf(proposal: Proposal): string {
  const parts = [
    proposal.model == null ? "" : `serve these calls with ${proposal.model}`,
    proposal.cache == null ? "" : proposal.cache ? "turn prompt caching on" : "turn prompt caching off",
    proposal.batch_share == null ? "" : `send ${Math.round(proposal.batch_share * 100)} % of the calls in batches`,
    proposal.max_output_tokens == null ? "" : `cap the output at ${proposal.max_output_tokens} tokens`,
    proposal.gpu == null ? "" : `host ${proposal.hosted_model ?? "an open model"} on ${proposal.gpu}`,
  ].filter((part) => part !== "");
  return parts.length === 0 ? "" : `What if we ${parts.join(", and ")}?`;
}
