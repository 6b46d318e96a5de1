// The factors of a bill's change as steps from one bill to the other. Pure.
import type { Effect, Explanation } from "@netra/sdk";
import { digitsFor, dollars } from "./answer.ts";
import { words } from "./messages.ts";

export interface ChangeStep {
  name: string;
  role: "bill" | "effect";
  usd: number;
  from: number;
  to: number;
  text: string;
  mostly: string;
}

const LEAST_SHOWN = 0.005; // of the largest effect
const TITLES: Record<string, string> = {
  volume: "number of calls", mix_feature: "mix of kinds of call", retries: "retries", mix_model: "models used", mix_tier: "service tiers used", region: "regions used",
  input_length: "input tokens per call", output_length: "output tokens per call", cache_share: "share of input read from a cache", write_share: "share of input written to a cache",
  price_list: "list prices", long_context: "long-context and hourly prices", discount: "paid per dollar of list price", charges: "charges other than tokens", unlisted: "cost per call of models without a list price",
};

export function changeTitle(name: string): string {
  return TITLES[name] ?? name.replaceAll("_", " ");
}

/** From the bill before, over each effect that matters and the others together, to the bill after. */
export function changeSteps(explanation: Explanation): ChangeStep[] {
  const { before_usd, after_usd, change_usd, is_hourly } = explanation.compared;
  const amount = (effect: Effect): number => (is_hourly ? effect.usd_per_hour : effect.usd);
  const ranked = [...explanation.effects].sort((a, b) => Math.abs(amount(b)) - Math.abs(amount(a)));
  const most = ranked[0] === undefined ? 0 : Math.abs(amount(ranked[0]));
  const shown = ranked.filter((one) => Math.abs(amount(one)) > LEAST_SHOWN * most).map((one) => ({ name: changeTitle(one.name), usd: amount(one), mostly: one.mostly ?? "" }));
  const rest = change_usd - shown.reduce((sum, { usd }) => sum + usd, 0);
  if (Math.abs(rest) > 1e-9 * Math.max(Math.abs(before_usd), Math.abs(after_usd))) shown.push({ name: words.change.others, usd: rest, mostly: "" });
  const digits = Math.max(2, digitsFor(Math.max(before_usd, after_usd)));
  let left = before_usd;
  const bill = (name: string, usd: number): ChangeStep => ({ name, role: "bill", usd, from: 0, to: usd, text: dollars(usd, digits), mostly: "" });
  const steps = shown.map(({ name, usd, mostly }): ChangeStep => {
    const step: ChangeStep = { name, role: "effect", usd, from: left, to: left + usd, text: `${usd > 0 ? "+" : ""}${dollars(usd, digits)}`, mostly };
    left += usd;
    return step;
  });
  return [bill(words.change.before, before_usd), ...steps, bill(words.change.after, after_usd)];
}
