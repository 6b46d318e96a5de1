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
export declare function eventOf(kind: string, text: string): RunEvent;
export declare function shaped(kind: string, data: Record<string, unknown>): RunEvent;
