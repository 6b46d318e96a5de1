// An answer as the result screen and the report show it: shelves, sizes, names. Pure.
import type { Advice, PlanAction, Recommendation, Savings, SupplyConfig } from "@netra/sdk";
import { localeOf } from "../format/numbers.ts";

/** Sentences that the service has worded already. */
export interface Worded {
  headline: string;
  echo: string[];
  warnings: string[];
  rate: string;
  prospect: string;
  facts: string[];
  notes: string[];
}

/** The log behind an answer, as curves. */
export interface Sketch {
  calls: number;
  begins_at: string;
  seconds: number;
  bin_s: number;
  rates_per_s: number[];
  spreads: { name: string; unit: "ms" | "tokens"; values: number[]; shares: number[]; p50: number; p99: number }[];
}

export const shelves = ["do", "evaluate", "leave", "know"] as const;
export type Shelf = (typeof shelves)[number];

/** The section of a recommendation; only those of the plan were applied. */
export function shelfOf({ savings, stance }: Recommendation): Shelf {
  if (savings.applied_as != null) return "do";
  return stance === "evaluate" ? "evaluate" : stance === "avoid" ? "leave" : "know";
}

/** The time that dollars refer to: a month where it is known, else the log itself. */
export interface Period {
  isMonth: boolean;
  /** What follows an amount. */
  suffix: string;
  /** The factor from the log's dollars. */
  factor: number;
}

export function periodOf({ metrics }: Advice): Period {
  const isMonth = metrics.plan?.now_usd_per_month != null || (metrics.plan === undefined && metrics.bill_usd_per_month != null);
  return { isMonth, suffix: isMonth ? "a month" : "over the log", factor: isMonth ? (metrics.span?.per_month ?? 1) : 1 };
}

/** The saving alone. */
export function usdOf(savings: Savings, { isMonth }: Period): number {
  return (isMonth ? savings.usd_per_month : savings.usd_in_window) ?? 0;
}

/** The saving on top of the steps before it; null outside the plan. */
export function marginalOf(savings: Savings, { isMonth }: Period): number | null {
  return (isMonth ? savings.marginal_usd_per_month : savings.marginal_usd_in_window) ?? null;
}

/** The 90 % interval of the saving alone; null where it is unknown or a point. */
export function boundsOf(savings: Savings, { isMonth }: Period): readonly [number, number] | null {
  const low = isMonth ? savings.low : savings.low_in_window;
  const high = isMonth ? savings.high : savings.high_in_window;
  return low == null || high == null || Math.abs(high - low) < 0.005 ? null : [low, high];
}

/** What a card and the order of the list show: in the plan the marginal saving, else the saving alone. */
export function worthOf(one: Recommendation, period: Period): number {
  return marginalOf(one.savings, period) ?? usdOf(one.savings, period);
}

/** The recommendations of a shelf, the largest first. */
export function onShelf(advice: Advice, shelf: Shelf): Recommendation[] {
  const period = periodOf(advice);
  return advice.recommendations.filter((one) => shelfOf(one) === shelf).sort((a, b) => Math.abs(worthOf(b, period)) - Math.abs(worthOf(a, period)));
}

/** The bill now and with the plan; null without a bill. */
export function billsOf({ metrics: { plan } }: Advice, { isMonth }: Period): { now: number; then: number; passed: number } | null {
  if (plan === undefined) return null;
  const now = isMonth ? plan.now_usd_per_month : plan.now_usd_in_window;
  const then = isMonth ? plan.planned_usd_per_month : plan.planned_usd_in_window;
  const passed = isMonth ? plan.if_evaluations_pass_usd_per_month : plan.if_evaluations_pass_usd_in_window;
  return now == null || then == null || now <= 0 ? null : { now, then, passed: passed ?? then };
}

const TITLES: Record<string, string> = { kv_cache: "KV cache", gpu_choice: "GPU choice", exact_duplicates: "Response cache", waste: "Failed calls and repeats" };

/** An analyser's name in words. */
export function titleOf(kind: string): string {
  const text = kind.replaceAll("_", " ");
  return TITLES[kind] ?? text.slice(0, 1).toUpperCase() + text.slice(1);
}

function targetOf({ inputs }: Recommendation): string {
  const moves = Array.isArray(inputs["moves"]) ? (inputs["moves"] as { to?: unknown }[]) : [];
  const targets = new Set(moves.map(({ to }) => to).filter((to) => typeof to === "string"));
  if (targets.size === 1) return String([...targets][0]);
  return typeof inputs["model"] === "string" ? inputs["model"] : "";
}

/** The name of a step in a chart: its analyser, and the model where several steps have one analyser. */
export function stepName(one: Recommendation, all: readonly Recommendation[]): string {
  const alike = all.filter(({ kind }) => kind === one.kind);
  const target = targetOf(one);
  if (target !== "" && (alike.length > 1 || one.kind === "right_sizing")) return `${titleOf(one.kind)} → ${target}`;
  return alike.length > 1 && alike.indexOf(one) > 0 ? `${titleOf(one.kind)} ${alike.indexOf(one) + 1}` : titleOf(one.kind);
}

const TITLE_LENGTH = 80; // characters of a card's title

/** A sentence in at most 80 characters: cut after a clause, else after a word. */
export function shortTitle(text: string): string {
  if (text.length <= TITLE_LENGTH) return text;
  const room = text.slice(0, TITLE_LENGTH - 1);
  const clause = Math.max(...[";", ",", ":", " ("].map((mark) => room.lastIndexOf(mark)));
  const cut = clause > 30 ? clause : room.lastIndexOf(" ") > 0 ? room.lastIndexOf(" ") : room.length;
  return `${room.slice(0, cut).trimEnd()}…`;
}

/** The action that carries a recommendation out. */
export function actionOf(advice: Advice, one: Recommendation): PlanAction | undefined {
  return advice.actions.find(({ recommendation_id }) => recommendation_id === one.id);
}

const SETTINGS: Record<string, readonly (keyof SupplyConfig)[]> = {
  prompt_caching: ["caching"],
  cache_audit: ["caching"],
  batch: ["batch"],
  exact_duplicates: ["deduplication"],
  waste: ["retries"],
  right_sizing: ["route_rules"],
  routing_by_outcome: ["route_rules"],
  output_length: ["output_caps"],
  rate_limits: ["rate_limits"],
  burst_shaping: ["queue"],
  self_hosting: ["serving", "autoscaling"],
  own_gpus: ["serving", "autoscaling"],
  gpu_choice: ["serving"],
  autoscaling: ["autoscaling"],
};

/** The part of `supply_config` that a recommendation sets; null where there is none. */
export function settingsOf(advice: Advice, one: Recommendation): Record<string, unknown> | null {
  const names = SETTINGS[one.kind] ?? [];
  const config = advice.supply_config as Record<string, unknown>;
  const later = (config["after_evaluation"] ?? {}) as Record<string, unknown>;
  const isLater = shelfOf(one) === "evaluate";
  const found = names.flatMap((name): [string, unknown][] => {
    const key = isLater && name === "route_rules" ? "routes" : name;
    const value = (isLater ? later : config)[key];
    return value === undefined ? [] : [[key, value]];
  });
  if (found.length === 0) return null;
  return isLater ? { after_evaluation: Object.fromEntries(found) } : Object.fromEntries(found);
}

/** Decimals in which all amounts of a figure are written, by its largest. */
export function digitsFor(largest: number): number {
  const size = Math.abs(largest);
  return size >= 100 ? 0 : size >= 0.1 ? 2 : 4;
}

/** Dollars with `digits` decimals. */
export function dollars(usd: number, digits: number): string {
  const text = new Intl.NumberFormat(localeOf(), { style: "currency", currency: "USD", currencyDisplay: "narrowSymbol", minimumFractionDigits: digits, maximumFractionDigits: digits }).format(Math.abs(usd));
  return Number(usd.toFixed(digits)) < 0 ? `\u2212${text}` : text;
}

/** How the marginal savings are spread over grades, by letter. */
export function gradeMix(advice: Advice): { grade: string; usd: number }[] {
  const period = periodOf(advice);
  const sums = new Map<string, number>();
  for (const one of onShelf(advice, "do")) sums.set(one.grade, (sums.get(one.grade) ?? 0) + worthOf(one, period));
  return [...sums].map(([grade, usd]) => ({ grade, usd })).sort((a, b) => (a.grade < b.grade ? -1 : 1));
}
