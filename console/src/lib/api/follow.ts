// The events of a run: by the one socket of the tab, and by a stream where no socket gets through.
import { ApiError, Live, NotFoundError, UnauthorizedError, type Netra, type RunEvent } from "@netra/sdk";
import { session } from "./session.svelte.ts";

const SOCKET_MS = 3_000; // how long a socket may take to open before the stream is used

let owner: Netra | undefined;
let opening: Promise<Live | undefined> | undefined;

/** The socket of the tab, opened at its first use and again after another user has signed in. */
function socket(): Promise<Live | undefined> {
  const client = session.client;
  if (owner === client && opening !== undefined) return opening;
  void opening?.then((live) => live?.close());
  owner = client;
  opening = session.config?.features.websocket_enabled === false ? Promise.resolve(undefined) : Live.open(client).catch(() => undefined);
  return opening;
}

function inTime(live: Promise<Live | undefined>): Promise<Live | undefined> {
  return Promise.race([live, new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), SOCKET_MS))]);
}

/** Yields each event after `after` once, until the run ends or `signal` is aborted. */
export async function* follow(run: string, after: number, signal: AbortSignal): AsyncGenerator<RunEvent, void, undefined> {
  let seq = after;
  const live = await inTime(socket());
  if (live !== undefined && !signal.aborted) {
    try {
      for await (const event of live.subscribe(run, seq)) {
        if (signal.aborted) return;
        seq = Math.max(seq, event.seq);
        yield event;
        if (event.type === "agent_result") return;
      }
      return;
    } catch (cause) {
      if (cause instanceof NotFoundError || cause instanceof UnauthorizedError || signal.aborted) throw cause;
      if (!(cause instanceof ApiError)) opening = undefined; // the socket is lost for good: the next run opens another
    }
  }
  if (!signal.aborted) yield* session.client.agent.events(run, { after: seq, signal });
}
