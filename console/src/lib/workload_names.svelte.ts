// The names of the workloads seen in this visit, so that each of a workload's screens needs one request.
import { session } from "./api/session.svelte.ts";
import type { Dimension } from "./selection.ts";

const names = $state<Record<string, string>>({});
const asked = new Set<string>();

export function keepNames(workloads: readonly { id: string; name: string }[]): void {
  for (const { id, name } of workloads) names[id] = name;
}

/** The name of a workload; asks once where it is not known, undefined until then. */
export function nameOf(id: string): string | undefined {
  if (names[id] === undefined && !asked.has(id) && session.phase === "in") {
    asked.add(id);
    void session.client.workloads.get(id).then(
      (found) => (names[id] = found.name),
      () => undefined, // the screen's own request says what is wrong
    );
  }
  return names[id];
}

type Choices = Partial<Record<Dimension, readonly { name: string | null; requests: number }[]>>;
const choices = $state<{ of: Record<string, Choices> }>({ of: {} });

/** Keeps the names that a workload's calls can be filtered by. */
export function keepChoices(id: string, found: Choices): void {
  choices.of = { ...choices.of, [id]: found };
}

export function namesOf(id: string): Choices | undefined {
  return choices.of[id];
}
