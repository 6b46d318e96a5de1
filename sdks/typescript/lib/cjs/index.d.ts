/** The TypeScript SDK of Netra. `api.md` lists its methods. */
import type { Netra } from "./client.ts";
import { Live } from "./live.ts";
import type { LiveOptions } from "./live.ts";
import { Recorder } from "./recorder.ts";
import type { RecorderOptions } from "./recorder.ts";
export { Netra } from "./client.ts";
export type { Answer, NetraOptions } from "./client.ts";
export * from "./errors.ts";
export type { AgentResult, AgentUpdate, RunEvent, RunFault, UnknownEvent } from "./events.ts";
export { Page, PagePromise } from "./pages.ts";
export { Run } from "./runs.ts";
export type { EventOptions, TextPiece, WaitOptions } from "./runs.ts";
export { Recorder } from "./recorder.ts";
export type { Flushed, RecorderOptions } from "./recorder.ts";
export { Live, LiveRun } from "./live.ts";
export type { LiveOptions } from "./live.ts";
export { callFromAnthropic, callFromOpenAI, prefixHashes, promptHash } from "./capture.ts";
export type { CaptureOptions } from "./capture.ts";
export { VERSION } from "./request.ts";
export type { CallOptions, Logger } from "./request.ts";
export type { OnTokens, Renewal, Tokens } from "./tokens.ts";
export type { DeleteOptions, ListParams } from "./resources.ts";
export type * from "./types.ts";
/** Sends calls in the background. Close it before the program ends. */
export declare function recorder(client: Netra, workloadId: string, options?: RecorderOptions): Recorder;
/** Opens a WebSocket that follows any number of runs. */
export declare function live(client: Netra, options?: LiveOptions): Promise<Live>;
