// An error as a screen shows it: a sentence, the code, the request's id, and whether trying again can help.
import { ApiError, ConnectionFailedError, SessionLostError, TimedOutError, UnexpectedAnswerError } from "@netra/sdk";
import { words } from "../../messages.ts";

export interface Problem {
  sentence: string;
  code: string;
  requestId: string;
  status: number;
  /** Seconds that the service asks to wait. */
  retryAfterS: number | null;
  details: Record<string, unknown>;
}

export function problemOf(cause: unknown): Problem {
  const plain = { requestId: "", status: 0, retryAfterS: null, details: {} };
  if (cause instanceof ApiError) {
    const sentence = /^(.*?) \(\d{3}\): (.*) \[request /s.exec(cause.message)?.[2] ?? cause.message;
    return { sentence, code: cause.code, requestId: cause.requestId, status: cause.status, retryAfterS: cause.retryAfterS ?? null, details: cause.details };
  }
  if (cause instanceof SessionLostError) return { ...plain, sentence: words.error.signedOut, code: "UNAUTHORIZED", status: 401 };
  if (cause instanceof TimedOutError) return { ...plain, sentence: words.error.timedOut, code: "TIMED_OUT" };
  if (cause instanceof ConnectionFailedError) return { ...plain, sentence: words.error.unreachable, code: "UNREACHABLE" };
  if (cause instanceof UnexpectedAnswerError) return { ...plain, sentence: words.error.strange(cause.status), code: "UNEXPECTED_ANSWER", status: cause.status };
  return { ...plain, sentence: cause instanceof Error ? cause.message : String(cause), code: "PAGE_ERROR" };
}
