// The formula of a recommendation with the numbers put in. Pure.
import type { Recommendation } from "@netra/sdk";
import { count, moneyExact, number, share } from "../format/numbers.ts";
import { marginalOf, type Period } from "./answer.ts";

type Row = Record<string, unknown>;

const NEAR = 0.005; // of the saving: sums of rounded prices agree within this
const TERMS = 8;
const MINUS = "\u2212";

function numberOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function rowsOf(value: unknown): Row[] {
  return Array.isArray(value) ? value.filter((one): one is Row => typeof one === "object" && one !== null) : [];
}

function label(row: Row): string {
  return String(row["match"] ?? row["model"] ?? row["name"] ?? row["group"] ?? "");
}

/** Each candidate is an equation whose right side is the saving; the first that holds is shown. */
function candidates({ inputs }: Recommendation): { left: string; value: number }[] {
  const found: { left: string; value: number }[] = [];
  for (const key of ["schemes", "moves", "groups"]) {
    const terms = rowsOf(inputs[key]).map((row) => ({ name: label(row), usd: numberOf(row["saved_usd_in_window"]) }));
    if (terms.length === 0 || terms.some(({ usd }) => usd === null)) continue;
    const value = terms.reduce((sum, { usd }) => sum + (usd ?? 0), 0);
    const shown = terms.slice(0, TERMS).map(({ name, usd }) => `${moneyExact(usd)} (${name})`);
    if (terms.length > TERMS) shown.push(`${count(terms.length - TERMS)} more`);
    found.push({ left: shown.join(" + "), value });
  }
  const eligible = numberOf(inputs["eligible_usd_in_window"]);
  const discount = numberOf(inputs["discount_share"]);
  if (eligible !== null && discount !== null) found.push({ left: `${moneyExact(eligible)} × ${share(discount)}`, value: eligible * discount });
  for (const [now, then] of [["now_usd_in_window", "then_usd_in_window"], ["api_usd_in_window", "hosting_usd_in_window"]] as const) {
    const [a, b] = [numberOf(inputs[now]), numberOf(inputs[then])];
    if (a !== null && b !== null) found.push({ left: `${moneyExact(a)} ${MINUS} ${moneyExact(b)}`, value: a - b });
  }
  const wasted = numberOf(inputs["wasted_usd_in_window"]);
  if (wasted !== null) {
    const failed = numberOf(inputs["billed_failures"]);
    const again = numberOf(inputs["needless_retries"]);
    found.push({ left: `list prices of ${count(failed ?? 0)} billed failed calls and ${count(again ?? 0)} needless repeats`, value: wasted });
  }
  const repeats = numberOf(inputs["repeated_calls"]);
  const saved = numberOf(inputs["saved_usd_in_window"]);
  if (saved !== null && repeats !== null) found.push({ left: `list prices of ${count(repeats)} repeated calls`, value: saved });
  return found;
}

/** Lines such as `$7.04 × 50.0% = $3.52 over the log`; empty where the saving is zero or its terms are not in the answer. */
export function worked(one: Recommendation, period: Period): string[] {
  const { savings } = one;
  const usd = savings.usd_in_window;
  if (usd === 0) return [];
  const holds = candidates(one).find(({ value }) => Math.abs(value - usd) <= NEAR * Math.abs(usd));
  const lines = [holds === undefined ? `${moneyExact(usd)} over the log` : `${holds.left} = ${moneyExact(usd)} over the log`];
  if (period.isMonth && savings.usd_per_month != null) lines.push(`${moneyExact(usd)} × ${number(period.factor, 2)} = ${moneyExact(savings.usd_per_month)} a month`);
  const marginal = marginalOf(savings, period);
  if (marginal !== null && savings.applied_as != null) lines.push(`as step ${count(savings.applied_as)}, on top of the steps before it: ${moneyExact(marginal)} ${period.suffix}`);
  return lines;
}
