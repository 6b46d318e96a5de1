import type { AgentUpdate } from "@netra/sdk";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parametersOf, questionOf } from "../src/screens/ask/goals.ts";
import { agents, finished, nothing, worked, type Work } from "../src/screens/ask/steps.ts";

function update(seq: number, agent: string, more: Partial<AgentUpdate> = {}): AgentUpdate {
  return { type: "agent_update", seq, run_id: "r", thread_id: "t", emitted_at: "", agent, status: "processing", message: `${agent} ${seq}`, progress: seq, ...more };
}

const RUN = agents.flatMap((agent, at) => [update(2 * at + 1, agent), update(2 * at + 2, agent)]);
const all = (updates: readonly AgentUpdate[]): Work => updates.reduce(worked, nothing);

test("a step is done once a later agent works", () => {
  expect(all(RUN.slice(0, 5)).steps.map(({ state }) => state)).toEqual(["done", "done", "working", "waiting", "waiting"]);
  expect(finished(all(RUN)).steps.every(({ state }) => state === "done")).toBe(true);
});

test("a step is shown once, however often the stream begins again", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: RUN.length }), { maxLength: 5 }), (cuts) => {
      const again = cuts.flatMap((cut) => RUN.slice(0, cut));
      expect(all([...again.slice(0, 0), ...RUN, ...again])).toEqual(all(RUN));
    }),
  );
});

test("the wording is put together by its offsets, and a later attempt replaces it", () => {
  const piece = (seq: number, text: string, attempt: number, at: number): AgentUpdate => update(seq, "ReportingSubAgent", { text, attempt, at });
  expect(all([piece(1, "Hel", 1, 0), piece(2, "lo", 1, 3)]).text).toBe("Hello");
  expect(all([piece(1, "Hel", 1, 0), piece(2, "Good", 2, 0), piece(3, " day", 2, 4)]).text).toBe("Good day");
  expect(all([piece(1, "Good", 2, 0), piece(2, "late", 1, 0)]).text).toBe("Good");
});

test("an agent that this page does not know changes no step", () => {
  expect(all([update(1, "NewSubAgent")]).steps).toEqual(nothing.steps);
});

test("goals become words and parameters", () => {
  const chosen = [{ id: "saving", value: 20 }, { id: "growth", value: 50 }];
  expect(questionOf("Optimize this.", chosen, "H100")).toBe("Optimize this; make it 20 % cheaper; traffic grows by 50 %; consider H100 GPUs.");
  expect(questionOf("", chosen.slice(0, 1), "")).toBe("Make it 20 % cheaper.");
  expect(questionOf(" as typed ", [], "")).toBe("as typed");
  expect(parametersOf(chosen, "H100", "cost")).toEqual({ saving_share: 0.2, traffic_growth: 0.5, gpus: ["H100"], priority: "cost" });
  expect(parametersOf([], "", "")).toBeUndefined();
});
