import type { RunEvent } from "./events.ts";
import { PagePromise } from "./pages.ts";
import type { CallOptions, Transport } from "./request.ts";
import { Run } from "./runs.ts";
import type { EventOptions } from "./runs.ts";
import type { Tokens } from "./tokens.ts";
import type * as T from "./types.ts";
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
/** Asks questions and follows runs. */
export declare class Agent {
    #private;
    constructor(transport: Transport, idleMs: number);
    /** Asks a question. A repetition after a lost answer returns the same run. */
    execute(ask: T.Ask, call?: CallOptions): Promise<Run>;
    /** The handle of a run. Asks nothing. */
    attach(id: string): Run;
    status(id: string, call?: CallOptions): Promise<T.RunStatus>;
    cancel(id: string, call?: CallOptions): Promise<T.RunStatus>;
    /** Follows a run over lost connections, each event once. Leaving the loop closes the connection. */
    events(id: string, options?: EventOptions): AsyncGenerator<RunEvent, void, undefined>;
    /** The runs of the user that meet every filter, the newest first. */
    history(params?: HistoryParams, call?: CallOptions): PagePromise<T.RunLine>;
}
/** Lists and ends sessions. */
export declare class Sessions {
    #private;
    constructor(transport: Transport);
    list(call?: CallOptions): Promise<T.SessionList>;
    end(id: string, options?: DeleteOptions): Promise<void>;
    endAll(options?: DeleteOptions): Promise<void>;
}
/** Signs in and out. */
export declare class Auth {
    #private;
    readonly sessions: Sessions;
    constructor(transport: Transport);
    register(body: T.RegisterRequest, call?: CallOptions): Promise<T.UserCard>;
    /** Gets new tokens now. The client does so by itself before they expire. */
    refresh(): Promise<Tokens>;
    /** Trades the code of a sign-in with Google for tokens, which the client then uses. */
    exchange(code: string, call?: CallOptions): Promise<T.LoginResponse>;
    /** The address of Google's sign-in page. The answer sets a cookie: meant for browsers. */
    authorize(options?: {
        redirectUri?: string;
    }, call?: CallOptions): Promise<T.AuthorizationUrl>;
    me(call?: CallOptions): Promise<T.UserProfile>;
    signOut(call?: CallOptions): Promise<T.Confirmation>;
    changePassword(current: string, next: string, call?: CallOptions): Promise<T.PasswordChanged>;
    /** A ticket that opens one WebSocket within 30 seconds. */
    ticket(call?: CallOptions): Promise<T.Ticket>;
}
/** Reads and deletes conversations. */
export declare class Threads {
    #private;
    constructor(transport: Transport);
    list(params?: ListParams, call?: CallOptions): PagePromise<T.ThreadLine>;
    get(id: string, call?: CallOptions): Promise<T.ThreadPage>;
    rename(id: string, title: string, call?: CallOptions): Promise<T.ThreadLine>;
    delete(id: string, options?: DeleteOptions): Promise<void>;
}
/** Keeps workloads and their calls. */
export declare class Workloads {
    #private;
    constructor(transport: Transport);
    create(name: string, call?: CallOptions): Promise<T.WorkloadCard>;
    list(params?: ListParams, call?: CallOptions): PagePromise<T.WorkloadCard>;
    get(id: string, call?: CallOptions): Promise<T.WorkloadDetail>;
    rename(id: string, name: string, call?: CallOptions): Promise<T.WorkloadCard>;
    delete(id: string, options?: DeleteOptions): Promise<void>;
    /** Stored calls with their cost, the newest first unless `sort` says otherwise. */
    listEvents(id: string, params?: EventsParams, call?: CallOptions): PagePromise<T.ListedEvent>;
    /** What came in by telemetry: calls of each emitter, those without usage, and advice. */
    intake(id: string, call?: CallOptions): Promise<T.IntakeAnswer>;
    /** What was decided about the recommendations on a workload, the latest first. */
    decisions(id: string, call?: CallOptions): Promise<T.DecisionList>;
    /**
     * Plans, adopts, dismisses or reopens a recommendation, named by its `key`. A first decision names the run that
     * shows it. With `etag`, only that version is changed: otherwise `PreconditionFailedError`.
     */
    decide(id: string, key: string, decision: T.NewDecision, { etag, ...call }?: DecideOptions): Promise<T.DecisionLine>;
    /** What an adopted recommendation brought: the calls before it against those since. */
    verification(id: string, key: string, call?: CallOptions): Promise<T.DecisionVerification>;
    /** What a change would cost and bring. */
    simulate(id: string, proposal: T.Proposal, call?: CallOptions): Promise<T.Simulated>;
    /** What moved the bill from one period to another. */
    explain(id: string, periods: T.PeriodTexts, call?: CallOptions): Promise<T.Explanation>;
    /**
     * Adds calls, in requests of at most 10,000 rows; the keys of the requests are KEY-0, KEY-1, ….
     * A call without an id gets one, so that a repetition counts it once.
     */
    addEvents(id: string, calls: Iterable<T.WorkloadEvent>, call?: CallOptions): Promise<T.EventsTaken>;
}
/** Keeps API keys. */
export declare class Keys {
    #private;
    constructor(transport: Transport);
    /** Makes an API key. Its secret is shown once. */
    create(body: T.NewKey, call?: CallOptions): Promise<T.MadeKey>;
    list(call?: CallOptions): Promise<T.KeyList>;
    revoke(id: string, options?: DeleteOptions): Promise<void>;
    revokeAll(options?: DeleteOptions): Promise<void>;
}
/** Reads the security log; needs an administrator. */
export declare class Audit {
    #private;
    constructor(transport: Transport);
    /** The security events that meet every filter, the newest first. */
    list(params?: AuditParams, call?: CallOptions): PagePromise<T.AuditLine>;
}
/** Asks how the service is. */
export declare class Health {
    #private;
    constructor(transport: Transport);
    check(call?: CallOptions): Promise<T.Health>;
    /** Whether the service takes requests. Not ready is an answer, not an error. */
    ready(call?: CallOptions): Promise<T.Ready>;
    dependencies(call?: CallOptions): Promise<T.DependenciesHealth>;
}
/** What the service says of itself. */
export declare function configuration(transport: Transport, call?: CallOptions): Promise<T.PublicConfiguration>;
