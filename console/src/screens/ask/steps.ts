// The five agents of a run as steps, and the answer as it is worded. Pure.
import type { AgentUpdate } from "@netra/sdk";

export const agents = ["TriageSubAgent", "DataSubAgent", "OptimizationsCoreSubAgent", "ActionsToMeetGoalsSubAgent", "ReportingSubAgent"] as const;

export interface Step {
  agent: string;
  state: "waiting" | "working" | "done";
  /** What it does or did last. */
  message: string;
}

export interface Work {
  seq: number;
  progress: number;
  steps: readonly Step[];
  text: string;
  attempt: number;
}

export const nothing: Work = { seq: 0, progress: 0, steps: agents.map((agent) => ({ agent, state: "waiting", message: "" })), text: "", attempt: 0 };

/** The state after an update; one that is known already changes nothing. */
export function worked(work: Work, update: AgentUpdate): Work {
  if (update.seq !== 0 && update.seq <= work.seq) return work;
  const at = work.steps.findIndex(({ agent }) => agent === update.agent);
  const steps = at < 0 ? work.steps : work.steps.map((step, index): Step => {
    if (index < at) return { ...step, state: "done" };
    return index === at && step.state !== "done" ? { ...step, state: "working", message: update.message || step.message } : step;
  });
  const { text, attempt } = worded(work, update);
  return { seq: Math.max(work.seq, update.seq), progress: Math.max(work.progress, update.progress), steps, text, attempt };
}

/** Puts a piece where it belongs; a later attempt replaces the text before. */
function worded(work: Work, update: AgentUpdate): { text: string; attempt: number } {
  if (!update.text) return work;
  const attempt = update.attempt ?? 1;
  if (attempt < work.attempt) return work;
  const before = attempt > work.attempt ? "" : work.text;
  return { text: before.slice(0, update.at ?? before.length) + update.text, attempt };
}

/** All steps done: the run has a result. */
export function finished(work: Work): Work {
  return { ...work, progress: 100, steps: work.steps.map((step) => ({ ...step, state: "done" })) };
}
