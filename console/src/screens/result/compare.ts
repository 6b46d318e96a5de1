// What differs between two answers of a workload: changes that came, went, or save more or less. Pure.
import type { Advice, Recommendation } from "@netra/sdk";
import { periodOf, shelfOf, titleOf, usdOf, type Shelf } from "$lib/answer/answer.ts";

export interface Difference {
  key: string;
  name: string;
  shelf: Shelf;
  kind: "added" | "gone" | "changed" | "same";
  before: number | null;
  after: number | null;
}

/** The stable key of a recommendation; its analyser and its target where the answer has none. */
export function keyOf(one: Recommendation): string {
  return one.key ?? `${one.kind}:${shelfOf(one)}:${String(one.inputs["model"] ?? "")}`;
}

/** The changes of both answers, those that moved the most money first. Both count dollars in the newer one's period. */
export function differences(earlier: Advice, later: Advice): Difference[] {
  const period = periodOf(later);
  const old = new Map(earlier.recommendations.map((one) => [keyOf(one), one]));
  const found = later.recommendations.map((one): Difference => {
    const key = keyOf(one);
    const before = old.get(key);
    old.delete(key);
    const [a, b] = [before === undefined ? null : usdOf(before.savings, period), usdOf(one.savings, period)];
    const kind = a === null ? "added" : Math.abs(a - b) < 0.005 ? "same" : "changed";
    return { key, name: titleOf(one.kind), shelf: shelfOf(one), kind, before: a, after: b };
  });
  for (const [key, one] of old) found.push({ key, name: titleOf(one.kind), shelf: shelfOf(one), kind: "gone", before: usdOf(one.savings, period), after: null });
  const moved = (one: Difference): number => Math.abs((one.after ?? 0) - (one.before ?? 0));
  return found.sort((a, b) => moved(b) - moved(a));
}
