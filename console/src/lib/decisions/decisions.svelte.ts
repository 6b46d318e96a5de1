// What was decided about the recommendations on a workload. A change replaces the version that is shown, or is refused.
import type { DecisionLine, NewDecision } from "@netra/sdk";
import { problemOf, type Problem } from "../api/problem.ts";
import { Resource } from "../api/resource.svelte.ts";
import { session } from "../api/session.svelte.ts";

export class Decisions {
  readonly list: Resource<DecisionLine[]>;
  /** The recommendation whose decision is being sent. */
  busy = $state("");
  problem = $state.raw<{ key: string; what: Problem } | null>(null);
  /** The decision before the last one that was made here. */
  before = $state.raw<{ key: string; decision: NewDecision } | null>(null);
  readonly #workload: string;

  constructor(workload: string) {
    this.#workload = workload;
    this.list = new Resource(async (signal) => (await session.client.workloads.decisions(workload, { signal })).data);
  }

  /** The decision that is in force. */
  of(key: string): DecisionLine | undefined {
    const line = this.#stored(key);
    return line === undefined || line.state === "open" || line.is_lapsed ? undefined : line;
  }

  async decide(key: string, decision: NewDecision): Promise<void> {
    const stored = this.#stored(key);
    this.busy = key;
    this.problem = null;
    try {
      const made = await session.client.workloads.decide(this.#workload, key, decision, stored === undefined ? {} : { etag: stored.etag });
      this.before = { key, decision: bodyOf(this.of(key)) };
      this.list.data = [made, ...(this.list.data ?? []).filter((one) => one.key !== key)];
    } catch (cause) {
      this.problem = { key, what: problemOf(cause) };
      await this.list.load(); // another tab may have decided
    }
    this.busy = "";
  }

  async undo(): Promise<void> {
    if (this.before === null) return;
    const { key, decision } = this.before;
    await this.decide(key, decision);
    this.before = null;
  }

  #stored(key: string): DecisionLine | undefined {
    return this.list.data?.find((one) => one.key === key);
  }
}

/** What to send so that a decision is as it was. */
function bodyOf(line: DecisionLine | undefined): NewDecision {
  if (line === undefined) return { state: "open" };
  const { state, reason, note, effective_at, until, run_id } = line;
  return { state, reason, note, effective_at, until, run_id };
}
