import { ConfigurationError } from "./errors.ts";
import type { RunEvent } from "./events.ts";
import { Page, PagePromise } from "./pages.ts";
import { newId } from "./request.ts";
import type { CallOptions, RequestSpec, Transport } from "./request.ts";
import type { Safety } from "./policy.ts";
import { Run, follow } from "./runs.ts";
import type { EventOptions } from "./runs.ts";
import { tokensOf } from "./tokens.ts";
import type { Tokens } from "./tokens.ts";
import type * as T from "./types.ts";

/** Limits of one request to add calls; more are sent in several. */
const MOST_ROWS = 10_000;
const MOST_CHARACTERS = 30 * 2 ** 20;

export interface ListParams {
  limit?: number;
  cursor?: string;
}

/** Filters of `agent.history`; every one that is given applies. */
export interface HistoryParams extends ListParams {
  thread_id?: string;
  workload_id?: string;
  status?: "processing" | "completed" | "failed" | "cancelled";
  /** A part of the question; A-Z match a-z. */
  q?: string;
  /** ISO 8601, such as "2026-10-01T00:00:00Z": accepted at this instant or later. */
  since?: string;
  /** Accepted before this instant. */
  until?: string;
}

/** Filters of `audit.list`; every one that is given applies. */
export interface AuditParams extends ListParams {
  event?: T.AuditLine["event"];
  user_id?: number;
  since?: string;
  until?: string;
}

/** Filters of `workloads.listEvents`: several values are alternatives, an empty text stands for no value. */
export interface EventsParams extends ListParams {
  id?: readonly string[];
  /** ISO 8601: the first instant to show. */
  from?: string;
  /** The instant at which to stop. */
  to?: string;
  model?: string | readonly string[];
  provider?: string | readonly string[];
  feature?: string | readonly string[];
  template?: string | readonly string[];
  tool?: string | readonly string[];
  session?: string | readonly string[];
  status?: string | readonly string[];
  sort?: "-timestamp" | "-usd" | "-latency_ms";
}

export interface DeleteOptions extends CallOptions {
  /** Takes "not found" for success. */
  missingOk?: boolean;
}

export interface DecideOptions extends CallOptions {
  /** The `etag` of the decision as it was read. */
  etag?: string;
}

function read<A>(transport: Transport, path: string, call?: CallOptions, more: Partial<RequestSpec> = {}): Promise<A> {
  return transport.send<A>({ method: "GET", path, safety: "G", ...more }, call);
}

function write<A>(transport: Transport, path: string, safety: Safety, json: unknown, call?: CallOptions, more: Partial<RequestSpec> = {}): Promise<A> {
  return transport.send<A>({ method: "POST", path, safety, json, ...more }, call);
}

async function remove(transport: Transport, path: string, options: DeleteOptions = {}): Promise<void> {
  await transport.send<unknown>({ method: "DELETE", path, safety: "D", missingOk: options.missingOk ?? false }, options);
}

function pages<A>(transport: Transport, path: string, params: object, call?: CallOptions): PagePromise<A> {
  const load = async (cursor: string | undefined): Promise<Page<A>> => {
    const query = { ...(params as NonNullable<RequestSpec["query"]>), cursor };
    const found = await read<{ data: A[]; pagination: T.Pagination | T.EventsPagination }>(transport, path, call, { query });
    return new Page(found.data, found.pagination, cursor, load);
  };
  return new PagePromise(() => load((params as ListParams).cursor));
}

function at(path: string, id: string): string {
  return `${path}/${encodeURIComponent(id)}`;
}

/** The path of something of a workload. */
function of(id: string, what: string): string {
  return at("/api/workloads", id) + what;
}

/** Asks questions and follows runs. */
export class Agent {
  readonly #transport: Transport;
  readonly #idleMs: number;

  constructor(transport: Transport, idleMs: number) {
    this.#transport = transport;
    this.#idleMs = idleMs;
  }

  /** Asks a question. A repetition after a lost answer returns the same run. */
  async execute(ask: T.Ask, call?: CallOptions): Promise<Run> {
    const accepted = await write<T.RunAccepted>(this.#transport, "/api/agent/execute", "K", ask, call);
    return new Run(this.#transport, this.#idleMs, accepted.run_id, accepted);
  }

  /** The handle of a run. Asks nothing. */
  attach(id: string): Run {
    return new Run(this.#transport, this.#idleMs, id);
  }

  status(id: string, call?: CallOptions): Promise<T.RunStatus> {
    return this.attach(id).status(call);
  }

  cancel(id: string, call?: CallOptions): Promise<T.RunStatus> {
    return this.attach(id).cancel(call);
  }

  /** Follows a run over lost connections, each event once. Leaving the loop closes the connection. */
  events(id: string, options?: EventOptions): AsyncGenerator<RunEvent, void, undefined> {
    return follow(this.#transport, id, this.#idleMs, options);
  }

  /** The runs of the user that meet every filter, the newest first. */
  history(params: HistoryParams = {}, call?: CallOptions): PagePromise<T.RunLine> {
    return pages(this.#transport, "/api/agent/history", params, call);
  }
}

/** Lists and ends sessions. */
export class Sessions {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(call?: CallOptions): Promise<T.SessionList> {
    return read(this.#transport, "/api/auth/sessions", call);
  }

  end(id: string, options?: DeleteOptions): Promise<void> {
    return remove(this.#transport, at("/api/auth/sessions", id), options);
  }

  endAll(options?: DeleteOptions): Promise<void> {
    return remove(this.#transport, "/api/auth/sessions", options);
  }
}

/** Signs in and out. */
export class Auth {
  readonly sessions: Sessions;
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
    this.sessions = new Sessions(transport);
  }

  register(body: T.RegisterRequest, call?: CallOptions): Promise<T.UserCard> {
    return write(this.#transport, "/api/auth/register", "K", body, call, { isPublic: true });
  }

  /** Gets new tokens now. The client does so by itself before they expire. */
  async refresh(): Promise<Tokens> {
    const { credentials } = this.#transport;
    if (!credentials.canRenew) throw new ConfigurationError("the client has no refresh token");
    await credentials.renew(this.#transport, credentials.tokens?.accessToken);
    return credentials.tokens as Tokens;
  }

  /** Trades the code of a sign-in with Google for tokens, which the client then uses. */
  async exchange(code: string, call?: CallOptions): Promise<T.LoginResponse> {
    const answer = await write<T.LoginResponse>(this.#transport, "/api/auth/exchange", "K", { code }, call, { isPublic: true });
    await this.#transport.credentials.keep(tokensOf(answer));
    return answer;
  }

  /** The address of Google's sign-in page. The answer sets a cookie: meant for browsers. */
  authorize(options: { redirectUri?: string } = {}, call?: CallOptions): Promise<T.AuthorizationUrl> {
    return read(this.#transport, "/api/auth/google/authorize", call, { query: { redirect_uri: options.redirectUri } });
  }

  me(call?: CallOptions): Promise<T.UserProfile> {
    return read(this.#transport, "/api/auth/me", call);
  }

  signOut(call?: CallOptions): Promise<T.Confirmation> {
    return write(this.#transport, "/api/auth/logout", "P", undefined, call);
  }

  changePassword(current: string, next: string, call?: CallOptions): Promise<T.PasswordChanged> {
    return write(this.#transport, "/api/auth/password", "O", { current_password: current, new_password: next }, call);
  }

  /** A ticket that opens one WebSocket within 30 seconds. */
  ticket(call?: CallOptions): Promise<T.Ticket> {
    return write(this.#transport, "/api/auth/ws-ticket", "P", undefined, call);
  }
}

/** Reads and deletes conversations. */
export class Threads {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(params: ListParams = {}, call?: CallOptions): PagePromise<T.ThreadLine> {
    return pages(this.#transport, "/api/threads", params, call);
  }

  get(id: string, call?: CallOptions): Promise<T.ThreadPage> {
    return read(this.#transport, at("/api/threads", id), call);
  }

  rename(id: string, title: string, call?: CallOptions): Promise<T.ThreadLine> {
    return write(this.#transport, at("/api/threads", id), "P", { title }, call, { method: "PATCH" });
  }

  delete(id: string, options?: DeleteOptions): Promise<void> {
    return remove(this.#transport, at("/api/threads", id), options);
  }
}

/** Keeps workloads and their calls. */
export class Workloads {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  create(name: string, call?: CallOptions): Promise<T.WorkloadCard> {
    return write(this.#transport, "/api/workloads", "K", { name }, call);
  }

  list(params: ListParams = {}, call?: CallOptions): PagePromise<T.WorkloadCard> {
    return pages(this.#transport, "/api/workloads", params, call);
  }

  get(id: string, call?: CallOptions): Promise<T.WorkloadDetail> {
    return read(this.#transport, at("/api/workloads", id), call);
  }

  rename(id: string, name: string, call?: CallOptions): Promise<T.WorkloadCard> {
    return write(this.#transport, at("/api/workloads", id), "P", { name }, call, { method: "PATCH" });
  }

  delete(id: string, options?: DeleteOptions): Promise<void> {
    return remove(this.#transport, at("/api/workloads", id), options);
  }

  /** Stored calls with their cost, the newest first unless `sort` says otherwise. */
  listEvents(id: string, params: EventsParams = {}, call?: CallOptions): PagePromise<T.ListedEvent> {
    return pages(this.#transport, of(id, "/events"), params, call);
  }

  /** What came in by telemetry: calls of each emitter, those without usage, and advice. */
  intake(id: string, call?: CallOptions): Promise<T.IntakeAnswer> {
    return read(this.#transport, of(id, "/intake"), call);
  }

  /** What was decided about the recommendations on a workload, the latest first. */
  decisions(id: string, call?: CallOptions): Promise<T.DecisionList> {
    return read(this.#transport, of(id, "/decisions"), call);
  }

  /**
   * Plans, adopts, dismisses or reopens a recommendation, named by its `key`. A first decision names the run that
   * shows it. With `etag`, only that version is changed: otherwise `PreconditionFailedError`.
   */
  decide(id: string, key: string, decision: T.NewDecision, { etag, ...call }: DecideOptions = {}): Promise<T.DecisionLine> {
    if (etag) call.headers = { ...call.headers, "If-Match": etag };
    return write(this.#transport, at(of(id, "/decisions"), key), "O", decision, call, { method: "PUT" });
  }

  /** What an adopted recommendation brought: the calls before it against those since. */
  verification(id: string, key: string, call?: CallOptions): Promise<T.DecisionVerification> {
    return read(this.#transport, at(of(id, "/decisions"), key) + "/verification", call);
  }

  /** What a change would cost and bring. */
  simulate(id: string, proposal: T.Proposal, call?: CallOptions): Promise<T.Simulated> {
    return write(this.#transport, of(id, "/simulate"), "P", proposal, call);
  }

  /** What moved the bill from one period to another. */
  explain(id: string, periods: T.PeriodTexts, call?: CallOptions): Promise<T.Explanation> {
    return write(this.#transport, of(id, "/explain"), "P", periods, call);
  }

  /**
   * Adds calls, in requests of at most 10,000 rows; the keys of the requests are KEY-0, KEY-1, ….
   * A call without an id gets one, so that a repetition counts it once.
   */
  async addEvents(id: string, calls: Iterable<T.WorkloadEvent>, call: CallOptions = {}): Promise<T.EventsTaken> {
    const key = call.idempotencyKey ?? `js-${newId()}`;
    const sum: T.EventsTaken = { workload_id: id, accepted: 0, duplicates: 0, rejected: 0, results: [], notes: [] };
    let number = 0;
    let before = 0;
    for (const lines of batches(calls)) {
      const part = await write<T.EventsTaken>(
        this.#transport, of(id, "/events"), "K", undefined,
        { ...call, idempotencyKey: `${key}-${number++}` }, { body: lines.join("\n"), media: "application/x-ndjson" },
      );
      sum.accepted += part.accepted;
      sum.duplicates += part.duplicates;
      sum.rejected += part.rejected;
      sum.notes?.push(...(part.notes ?? []));
      for (const row of part.results) sum.results.push({ ...row, line: row.line + before });
      before += lines.length;
    }
    return sum;
  }
}

function* batches(calls: Iterable<T.WorkloadEvent>): Generator<string[], void, undefined> {
  let lines: string[] = [];
  let size = 0;
  for (const one of calls) {
    const line = JSON.stringify(one.id == null ? { ...one, id: newId() } : one);
    if (lines.length === MOST_ROWS || (lines.length > 0 && size + line.length > MOST_CHARACTERS)) {
      yield lines;
      lines = [];
      size = 0;
    }
    lines.push(line);
    size += line.length;
  }
  if (lines.length > 0) yield lines;
}

/** Keeps API keys. */
export class Keys {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Makes an API key. Its secret is shown once. */
  create(body: T.NewKey, call?: CallOptions): Promise<T.MadeKey> {
    return write(this.#transport, "/api/keys", "K", body, call);
  }

  list(call?: CallOptions): Promise<T.KeyList> {
    return read(this.#transport, "/api/keys", call);
  }

  revoke(id: string, options?: DeleteOptions): Promise<void> {
    return remove(this.#transport, at("/api/keys", id), options);
  }

  revokeAll(options?: DeleteOptions): Promise<void> {
    return remove(this.#transport, "/api/keys", options);
  }
}

/** Reads the security log; needs an administrator. */
export class Audit {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The security events that meet every filter, the newest first. */
  list(params: AuditParams = {}, call?: CallOptions): PagePromise<T.AuditLine> {
    return pages(this.#transport, "/api/audit", params, call);
  }
}

/** Asks how the service is. */
export class Health {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  check(call?: CallOptions): Promise<T.Health> {
    return read(this.#transport, "/health", call);
  }

  /** Whether the service takes requests. Not ready is an answer, not an error. */
  ready(call?: CallOptions): Promise<T.Ready> {
    return read(this.#transport, "/health/ready", call, { takes: 503 });
  }

  dependencies(call?: CallOptions): Promise<T.DependenciesHealth> {
    return read(this.#transport, "/health/dependencies", call);
  }
}

/** What the service says of itself. */
export function configuration(transport: Transport, call?: CallOptions): Promise<T.PublicConfiguration> {
  return read(transport, "/api/config", call);
}
