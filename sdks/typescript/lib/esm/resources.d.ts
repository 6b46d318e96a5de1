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
export interface DeleteOptions extends CallOptions {
    /** Takes "not found" for success. */
    missingOk?: boolean;
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
    /** The runs of the user, or those of one thread, the newest first. */
    history(params?: ListParams & {
        thread_id?: string;
    }, call?: CallOptions): PagePromise<T.RunLine>;
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
    list(params?: ListParams, call?: CallOptions): PagePromise<T.AuditLine>;
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
