import type { DecisionLine } from "@netra/sdk";
import { day } from "../format/times.ts";

type Decided = Pick<DecisionLine, "state" | "effective_at" | "until">;

export const words = {
  group: "Decision",
  plan: "Plan",
  adopt: "Adopt",
  dismiss: "Dismiss",
  dismissNow: "Dismiss it",
  undo: "Undo",
  since: "In force since",
  reason: "Reason",
  choose: "Choose a reason",
  until: "Until",
  untilHint: "Without a day, for good.",
  note: "Note",
  reasons: {
    wrong_number: "The number is wrong",
    not_applicable: "Does not apply here",
    quality_risk: "Risk for quality",
    latency_risk: "Risk for latency",
    residency: "Data must stay where it is",
    effort: "Too much effort",
    already_done: "Done already",
    keep_cost: "The cost is fine",
  } as Record<string, string>,
  badge: { planned: "planned", adopted: "adopted", dismissed: "dismissed" } as Record<string, string>,
  sum: (adopted: string, planned: string, all: string, suffix: string) => `Adopted ${adopted} and planned ${planned} of ${all} ${suffix}.`,
  realised: "What it brought",
} as const;

/** A decision in a sentence; empty where there is none. */
export function saying({ state, effective_at, until }: Decided, reason = ""): string {
  if (state === "adopted") return `Adopted, in force since ${day(effective_at)}.`;
  if (state === "planned") return effective_at === null ? "Planned." : `Planned for ${day(effective_at)}.`;
  if (state === "dismissed") return `Dismissed${until === null ? "" : ` until ${day(until)}`}${reason === "" ? "" : `: ${reason.toLowerCase()}`}.`;
  return "";
}
