import type { Advice, Explanation, Pareto, Recommendation } from "@netra/sdk";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { onShelf, periodOf, settingsOf, shelfOf, shortTitle, stepName } from "../src/lib/answer/answer.ts";
import { changeSteps } from "../src/lib/answer/change.ts";
import { axisOf, frontierOf, measuresOf, place, spread } from "../src/lib/answer/frontier.ts";
import { factsOf, nameOf, span, tablesOf, textOf } from "../src/lib/answer/inputs.ts";
import { eachAlone, waterfall } from "../src/lib/answer/waterfall.ts";
import { worked } from "../src/lib/answer/worked.ts";
import { setLocale } from "../src/lib/format/numbers.ts";
import { differences } from "../src/screens/result/compare.ts";

const FACTOR = 30;
const MINUS = "\u2212";
beforeAll(() => setLocale("en-US"));

function change(id: string, given: { usd: number; marginal?: number; step?: number; low?: number; high?: number } & Partial<Recommendation>): Recommendation {
  const { usd, marginal = null, step = null, low = usd, high = usd, ...more } = given;
  return {
    id, kind: "batch", stance: "do", action: "Do it", impact: "", cost_change: "", grade: "A", formula: "f", inputs: {}, assumptions: [], evidence: { rows: 1, of_rows: 2, sample_events: [] }, how_to_verify: "", effort: "low", risk: "",
    savings: {
      usd_per_month: usd * FACTOR, low: low * FACTOR, high: high * FACTOR, usd_in_window: usd, share_of_bill: 0, low_in_window: low, high_in_window: high,
      marginal_usd_in_window: marginal, marginal_usd_per_month: marginal === null ? null : marginal * FACTOR, applied_as: step,
    },
    ...more,
  };
}

function adviceOf(now: number, recommendations: Recommendation[], config: object = {}): Advice {
  const saved = recommendations.reduce((sum, { savings }) => sum + (savings.marginal_usd_in_window ?? 0), 0);
  const plan = { now_usd_in_window: now, planned_usd_in_window: now - saved, saved_usd_in_window: saved, if_evaluations_pass_usd_in_window: now - saved, saved_share: saved / now, if_evaluations_pass_saved_share: saved / now, now_usd_per_month: now * FACTOR, planned_usd_per_month: (now - saved) * FACTOR };
  return { recommendations, actions: [], supply_config: config, metrics: { plan, span: { seconds: 1, per_month: FACTOR, scaled: true } } } as unknown as Advice;
}

const EXAMPLE = adviceOf(41.6, [
  change("rec-1", { usd: 13.5, marginal: 12.89, step: 2, low: 4.74, high: 22.25, kind: "prompt_caching" }),
  change("rec-2", { usd: 3.52, marginal: 3.49, step: 1 }),
  change("rec-3", { usd: 39.7, stance: "evaluate", kind: "right_sizing", inputs: { model: "small" }, low: 0, high: 40 }),
  change("rec-4", { usd: -96, stance: "avoid", kind: "self_hosting" }),
  change("rec-5", { usd: 0, stance: "inform", kind: "rate_limits" }),
]);

test("a change is on the shelf of what was done with it", () => {
  expect(EXAMPLE.recommendations.map(shelfOf)).toEqual(["do", "do", "evaluate", "leave", "know"]);
  expect(onShelf(EXAMPLE, "do").map(({ id }) => id)).toEqual(["rec-1", "rec-2"]);
});

test("the steps stand in the order applied and end at the plan", () => {
  const bars = waterfall(EXAMPLE);
  expect(bars.map(({ role }) => role)).toEqual(["now", "step", "step", "plan"]);
  expect(bars.map(({ id }) => id)).toEqual([undefined, "rec-2", "rec-1", undefined]);
  expect(bars.map(({ text }) => text)).toEqual(["$1,248", `${MINUS}$105`, `${MINUS}$387`, "$756"]);
});

test("the steps as shown add up to the bill as shown", () => {
  const usd = fc.double({ min: 0.001, max: 200, noNaN: true });
  fc.assert(
    fc.property(fc.array(usd, { minLength: 1, maxLength: 6 }), usd, (steps, plan) => {
      const advice = adviceOf(steps.reduce((sum, one) => sum + one, plan), steps.map((one, at) => change(`rec-${at}`, { usd: one, marginal: one, step: at + 1 })));
      const values = waterfall(advice).map(({ text }) => Math.round(Number(text.replaceAll(/[$,]/g, "").replace(MINUS, "-")) * 10_000));
      expect(values.slice(1, -1).reduce((sum, one) => sum + one, values[0] ?? 0)).toBe(values.at(-1));
    }),
  );
});

test("a bar begins where the one before it ends", () => {
  const bars = waterfall(EXAMPLE);
  expect(bars[1]?.to).toBeCloseTo(1);
  expect(bars[2]?.to).toBeCloseTo(bars[1]?.from ?? 0);
  expect(bars[2]?.from).toBeCloseTo(bars[3]?.to ?? 0);
});

test("each change on its own has a scale a shelf", () => {
  const groups = eachAlone(EXAMPLE);
  expect(groups.map(({ shelf, isCost }) => [shelf, isCost])).toEqual([["do", false], ["evaluate", false], ["leave", true]]);
  expect(groups[0]?.high).toBeCloseTo(22.25 * FACTOR);
});

test("a step is named by its model where several have one analyser", () => {
  const all = [change("a", { usd: 1, kind: "right_sizing", inputs: { model: "small" } }), change("b", { usd: 1, kind: "right_sizing", inputs: { moves: [{ to: "mini" }] } })];
  expect(all.map((one) => stepName(one, all))).toEqual(["Right sizing → small", "Right sizing → mini"]);
});

test("a title has at most 80 characters and begins like the action", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (text) => {
      const title = shortTitle(text);
      expect(title.length).toBeLessThanOrEqual(80);
      expect(text.startsWith(title.replace(/…$/, ""))).toBe(true);
    }),
  );
});

test("the formula has the numbers put in, and they give the saving", () => {
  const batch = change("a", { usd: 3.52, marginal: 3.49, step: 5, inputs: { eligible_usd_in_window: 7.04, discount_share: 0.5 } });
  expect(worked(batch, periodOf(EXAMPLE))).toEqual(["$7.04 × 50.0% = $3.52 over the log", "$3.52 × 30 = $105.60 a month", "as step 5, on top of the steps before it: $104.70 a month"]);
  const caching = change("b", { usd: 3, inputs: { schemes: [{ model: "x", saved_usd_in_window: 1 }, { model: "y", saved_usd_in_window: 2 }] } });
  expect(worked(caching, periodOf(EXAMPLE))[0]).toBe("$1.00 (x) + $2.00 (y) = $3.00 over the log");
});

test("an equation that does not give the saving is not shown", () => {
  const off = change("a", { usd: 9, inputs: { eligible_usd_in_window: 7.04, discount_share: 0.5 } });
  expect(worked(off, periodOf(EXAMPLE))[0]).toBe("$9.00 over the log");
  expect(worked(change("b", { usd: 0 }), periodOf(EXAMPLE))).toEqual([]);
});

test("inputs are read by their names", () => {
  expect([textOf("saved_usd_in_window", 1.5), textOf("read_share", 0.77), textOf("ttl_s", 300), textOf("ttft_ms_p99_low", 1165), textOf("ttl_s", null)]).toEqual(["$1.50", "77.0%", "5 min", "1.17 s", "without end"]);
  expect(textOf("difference_95", [-0.01, 0.06])).toBe(`${MINUS}1.0% to 6.0%`);
  expect([span(3_600), span(86_400), span(90)]).toEqual(["1 h", "1 d", "90 s"]);
  expect(nameOf("saved_usd_in_window")).toBe("Saved, over the log");
  const inputs = { calls: 3, busiest_minute: { requests: 28 }, by_status: { timeout: { calls: 2 } }, touched_calls: 9 };
  expect(factsOf(inputs)).toEqual([{ name: "Calls", text: "3" }, { name: "Busiest minute: requests", text: "28" }]);
  expect(tablesOf(inputs).map(({ rows }) => rows)).toEqual([[{ name: "timeout", calls: 2 }]]);
});

test("the setting of a change is its part of supply_config, also after an evaluation", () => {
  const advice = adviceOf(10, [], { batch: [{ by: "template", match: "x" }], after_evaluation: { routes: [{ to: "small" }] } });
  expect(settingsOf(advice, change("a", { usd: 1, marginal: 1, step: 1 }))).toEqual({ batch: [{ by: "template", match: "x" }] });
  expect(settingsOf(advice, change("b", { usd: 1, stance: "evaluate", kind: "right_sizing" }))).toEqual({ after_evaluation: { routes: [{ to: "small" }] } });
  expect(settingsOf(advice, change("c", { usd: 1, kind: "rate_limits" }))).toBeNull();
});

const PARETO = {
  options: [
    { name: "as it is", usd_in_window: 1, usd_per_month: 30, ttft_ms_p99: 900 },
    { name: "own", usd_in_window: 40, usd_per_month: 1_200, ttft_ms_p99: 480, ttft_ms_p99_range: [400, 700], memory_gib: 70 },
    { name: "unknown", usd_in_window: 2, usd_per_month: 60 },
  ],
  front: ["as it is", "own"], pick: "as it is", candidate: null, why: "", measure: "ttft_ms_p99", refused: [],
} satisfies Pareto as Pareto;

test("options lie inside the axes, and those without the measure are named", () => {
  expect(measuresOf(PARETO)).toEqual(["ttft_ms_p99", "memory_gib"]);
  const found = frontierOf(PARETO, "ttft_ms_p99", true);
  expect(found?.y.isLog).toBe(true);
  expect(found?.unknown).toEqual(["unknown"]);
  expect(found?.line).toHaveLength(2);
  for (const { x, y } of found?.points ?? []) {
    expect(x).toBeGreaterThanOrEqual(0);
    expect(x).toBeLessThanOrEqual(1);
    expect(y).toBeGreaterThanOrEqual(0);
    expect(y).toBeLessThanOrEqual(1);
  }
});

test("an axis holds its values; money begins at zero unless it spans more than ten times", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.01, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 9 }), fc.boolean(), (values, isMoney) => {
      const axis = axisOf(values, isMoney);
      for (const value of values) {
        expect(place(value, axis)).toBeGreaterThanOrEqual(-1e-9);
        expect(place(value, axis)).toBeLessThanOrEqual(1 + 1e-9);
      }
      if (isMoney && !axis.isLog) expect(axis.low).toBe(0);
      expect(axis.ticks.length).toBeLessThan(40);
    }),
  );
});

test("labels at one place are moved apart", () => {
  const tops = spread([{ x: 0.5, y: 0.5 }, { x: 0.5, y: 0.5 }, { x: 0.9, y: 0.5 }], 0.1, 0.2);
  expect(tops[0]).toBe(0.5);
  expect(tops[1]).toBeCloseTo(0.6);
  expect(tops[2]).toBe(0.5);
});

function explanationOf(after: number, effects: [string, number][]): Explanation {
  return {
    effects: effects.map(([name, usd]) => ({ name, usd, usd_per_hour: usd / 2, mostly: null })),
    compared: { before_usd: 10, after_usd: after, change_usd: after - 10, change_share: null, is_hourly: false },
  } as unknown as Explanation;
}

test("what is too small to see is one bar", () => {
  const steps = changeSteps(explanationOf(19.01, [["volume", 10], ["input_length", -1], ["output_length", 0.01]]));
  expect(steps.map(({ name, text }) => `${name} ${text}`)).toEqual(["before $10.00", "number of calls +$10.00", `input tokens per call ${MINUS}$1.00`, "others +$0.01", "after $19.01"]);
});

test("nothing to show is two bars", () => {
  expect(changeSteps(explanationOf(10, [["volume", 0]])).map(({ name, text }) => `${name} ${text}`)).toEqual(["before $10.00", "after $10.00"]);
});

test("two answers differ by what came, went and moved", () => {
  const earlier = adviceOf(40, [change("rec-1", { usd: 2, marginal: 2, step: 1 }), change("rec-2", { usd: 1, stance: "avoid", kind: "self_hosting" })]);
  const later = adviceOf(40, [change("rec-1", { usd: 3, marginal: 3, step: 1 }), change("rec-2", { usd: 5, marginal: 5, step: 2, kind: "waste" })]);
  expect(differences(earlier, later).map(({ name, kind, before, after }) => [name, kind, before, after])).toEqual([
    ["Failed calls and repeats", "added", null, 150], ["Batch", "changed", 60, 90], ["Self hosting", "gone", 30, null],
  ]);
});
