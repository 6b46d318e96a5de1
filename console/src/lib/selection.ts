// The window and filters of a workload's screens, as they stand in the address. Pure.
import type { Query } from "./api/calls.ts";

export const DIMENSIONS = ["model", "provider", "feature", "template", "tool", "status"] as const;
export type Dimension = (typeof DIMENSIONS)[number];
export const BINS = ["auto", "1m", "5m", "15m", "1h", "6h", "1d", "1w"] as const;

/** Names by dimension; an empty name stands for calls without one. */
export type Filters = Partial<Record<Dimension, string[]>>;

export interface Selection {
  from: string | null;
  to: string | null;
  filters: Filters;
}

/** Reads the window and the filters of an address. */
export function selectionOf(query: Record<string, string>): Selection {
  const filters: Filters = {};
  for (const name of DIMENSIONS) {
    const text = query[`f.${name}`];
    if (text !== undefined) filters[name] = listOf(text);
  }
  return { from: instantOf(query["from"]), to: instantOf(query["to"]), filters };
}

/** The part of an address that holds these filters: each name is escaped, a comma parts them. */
export function filterPatch(filters: Filters): Record<string, string | null> {
  return Object.fromEntries(DIMENSIONS.map((name) => [`f.${name}`, filters[name] === undefined || filters[name].length === 0 ? null : textOf(filters[name])]));
}

export function textOf(names: readonly string[]): string {
  return names.map((name) => (name === "" ? "~" : encodeURIComponent(name).replaceAll("~", "%7E"))).join(",");
}

export function listOf(text: string): string[] {
  return text.split(",").filter((one) => one !== "").map((one) => (one === "~" ? "" : decoded(one)));
}

/** The same filters with `name` added, or removed where it was there. */
export function toggled(filters: Filters, dimension: Dimension, name: string): Filters {
  const now = filters[dimension] ?? [];
  const next = now.includes(name) ? now.filter((one) => one !== name) : [...now, name];
  return { ...filters, [dimension]: next };
}

/** The parameters of a request. */
export function queryOf({ from, to, filters }: Selection): Query {
  return { from, to, ...filters };
}

/** The window of the same length before (-1) or after (1); null without a window. */
export function stepped(from: string | null, to: string | null, by: -1 | 1): { from: string; to: string } | null {
  if (from === null || to === null) return null;
  const [start, end] = [Date.parse(from), Date.parse(to)];
  const length = end - start;
  if (!(length > 0)) return null;
  return { from: toInstant(start + by * length), to: toInstant(end + by * length) };
}

/** An instant to the second, as the service reads it. */
export function toInstant(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, "Z");
}

function instantOf(text: string | undefined): string | null {
  const ms = Date.parse(text ?? "");
  return Number.isNaN(ms) ? null : toInstant(ms);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
