import { UnexpectedAnswerError } from "./errors.ts";
import type { AgentResultData, AgentUpdateData, ErrorData } from "./types.ts";

export interface AgentUpdate extends AgentUpdateData {
  type: "agent_update";
}
export interface AgentResult extends AgentResultData {
  type: "agent_result";
}
export interface RunFault extends ErrorData {
  type: "error";
  seq: number;
}
/** An event of a type that this version does not know. */
export interface UnknownEvent {
  type: "unknown";
  kind: string;
  seq: number;
  data: Record<string, unknown>;
}
/** One event of a run. Discriminate by `type`. */
export type RunEvent = AgentUpdate | AgentResult | RunFault | UnknownEvent;

export function eventOf(kind: string, text: string): RunEvent {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (cause) {
    throw new UnexpectedAnswerError(`an event ${kind} is not JSON`, 200, text, cause);
  }
  if (typeof data !== "object" || data === null || Array.isArray(data)) {
    throw new UnexpectedAnswerError(`an event ${kind} is not an object`, 200, text);
  }
  return shaped(kind, data as Record<string, unknown>);
}

export function shaped(kind: string, data: Record<string, unknown>): RunEvent {
  const seq = typeof data["seq"] === "number" ? data["seq"] : 0;
  if (kind === "agent_update" || kind === "agent_result") return { ...data, type: kind, seq } as AgentUpdate | AgentResult;
  if (kind === "error") return { ...(data as unknown as ErrorData), type: "error", seq };
  return { type: "unknown", kind, seq, data };
}
