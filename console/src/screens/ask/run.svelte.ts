// One run on the screen: followed live from its first event, so that a reload shows every step once.
import type { Advice, RunError } from "@netra/sdk";
import { follow } from "$lib/api/follow.ts";
import { problemOf, type Problem } from "$lib/api/problem.ts";
import { session } from "$lib/api/session.svelte.ts";
import { announcer } from "$lib/state/live.svelte.ts";
import { words } from "./messages.ts";
import { finished, nothing, worked, type Work } from "./steps.ts";

const ANNOUNCED = [25, 50, 75, 100]; // per cent: a screen reader hears no more

export class WatchedRun {
  readonly id: string;
  work = $state.raw<Work>(nothing);
  state = $state<"processing" | "completed" | "failed" | "cancelled">("processing");
  isStopping = $state(false);
  result = $state.raw<Advice | null>(null);
  error = $state.raw<RunError | null>(null);
  /** Why the updates stopped; the run goes on. */
  problem = $state.raw<Problem | null>(null);
  #stop = new AbortController();
  #announced = 0;

  constructor(id: string) {
    this.id = id;
  }

  /** Follows the run until it ends. */
  async watch(): Promise<void> {
    this.problem = null;
    try {
      for await (const event of follow(this.id, this.work.seq, this.#stop.signal)) {
        if (event.type === "agent_update") {
          this.work = worked(this.work, event);
          this.#announce();
        } else if (event.type === "agent_result") return this.#end(event.result, event.cancelled === true, event.error ?? null);
      }
      await this.read();
    } catch (cause) {
      if (!this.#stop.signal.aborted) this.problem = problemOf(cause);
    }
  }

  /** Reads how the run stands now. */
  async read(): Promise<void> {
    const status = await session.client.agent.status(this.id, { signal: this.#stop.signal });
    if (status.status === "processing") this.isStopping = status.phase === "cancelling";
    else this.#end(status.result, status.status === "cancelled", status.error);
  }

  /** Asks the service to stop the run; its end comes as an event. */
  async stop(): Promise<void> {
    this.isStopping = true;
    try {
      const status = await session.client.agent.cancel(this.id);
      if (status.status !== "processing") this.#end(status.result, status.status === "cancelled", status.error);
    } catch (cause) {
      this.isStopping = false;
      this.problem = problemOf(cause);
    }
  }

  leave(): void {
    this.#stop.abort();
  }

  #end(result: Advice | null, isCancelled: boolean, error: RunError | null): void {
    this.isStopping = false;
    this.result = result;
    this.error = error;
    this.state = result !== null ? "completed" : isCancelled ? "cancelled" : "failed";
    if (result !== null) this.work = finished(this.work);
    announcer.say(result !== null ? words.answered : isCancelled ? words.cancelled : words.failed);
  }

  #announce(): void {
    const reached = ANNOUNCED.filter((part) => part <= this.work.progress).at(-1) ?? 0;
    if (reached <= this.#announced) return;
    this.#announced = reached;
    announcer.say(words.reached(reached));
  }
}
