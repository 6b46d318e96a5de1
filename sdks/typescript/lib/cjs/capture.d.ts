import type { WorkloadEvent } from "./types.ts";
export interface CaptureOptions {
    /** When the request was sent, in milliseconds since 1970. */
    startedAt: number;
    /** When the first token came. */
    firstTokenAt?: number;
    /** When the answer ended; now where it is not given. */
    endedAt?: number;
    /** Further columns, such as `feature` and `session`. */
    columns?: Partial<WorkloadEvent>;
}
/** A call from an answer of OpenAI's chat completions, responses or embeddings. Throws where it has no usage. */
export declare function callFromOpenAI(response: object, options: CaptureOptions): WorkloadEvent;
/** A call from an answer of Anthropic's messages, whose own input count leaves cached tokens out. Throws where it has no usage. */
export declare function callFromAnthropic(response: object, options: CaptureOptions): WorkloadEvent;
/** One hash for each whole block of `block` characters from the start: two prompts share as many as their common beginning has. The text is not sent. */
export declare function prefixHashes(text: string, block?: number): Promise<string[]>;
/** The hash of a whole prompt: equal prompts have equal hashes. */
export declare function promptHash(messages: unknown): Promise<string>;
