import { Live } from "./live.js";
import { Recorder } from "./recorder.js";
export { Netra } from "./client.js";
export * from "./errors.js";
export { Page, PagePromise } from "./pages.js";
export { Run } from "./runs.js";
export { Recorder } from "./recorder.js";
export { Live, LiveRun } from "./live.js";
export { callFromAnthropic, callFromOpenAI, prefixHashes, promptHash } from "./capture.js";
export { VERSION } from "./request.js";
/** Sends calls in the background. Close it before the program ends. */
export function recorder(client, workloadId, options) {
    return new Recorder(client.transport, workloadId, options);
}
/** Opens a WebSocket that follows any number of runs. */
export function live(client, options) {
    return Live.open(client, options);
}
