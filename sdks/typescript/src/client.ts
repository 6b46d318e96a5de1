import { ConfigurationError } from "./errors.ts";
import { Agent, Audit, Auth, Health, Keys, Threads, Workloads, configuration } from "./resources.ts";
import { Transport, VERSION, baseUrlOf, environment } from "./request.ts";
import type { CallOptions, Logger } from "./request.ts";
import type { Run } from "./runs.ts";
import { Credentials, tokensOf } from "./tokens.ts";
import type { OnTokens, Renewal, Tokens } from "./tokens.ts";
import type { Advice, Ask, LoginResponse, PublicConfiguration } from "./types.ts";

export interface NetraOptions {
  /** Without it, and without `tokens`, NETRA_API_KEY is read. */
  apiKey?: string | (() => Promise<string>) | undefined;
  tokens?: Tokens | undefined;
  onTokens?: OnTokens;
  /** How a page of the service renews its tokens by the cookie that holds the refresh token. Used with `tokens`. */
  renewal?: Renewal;
  /** A path prefix is kept. Without it NETRA_BASE_URL is read, then http://127.0.0.1:8000. */
  baseUrl?: string | undefined;
  fetch?: typeof fetch;
  /** Bounds a whole call, its retries included (60,000). */
  timeoutMs?: number;
  maxRetries?: number;
  /** The longest Retry-After that is waited for (60,000). */
  maxRetryAfterMs?: number;
  /** Bounds the silence of a stream before it is opened again (45,000: three heartbeats). */
  idleTimeoutMs?: number;
  logger?: Logger;
  headers?: Record<string, string>;
  /** An API key in a page is readable by every script of the page. */
  allowKeyInBrowser?: boolean;
}

/** A result with the run and the thread that it belongs to. */
export interface Answer {
  advice: Advice;
  run: Run;
  threadId: string;
}

/** A client of one service with one credential. */
export class Netra {
  readonly agent: Agent;
  readonly auth: Auth;
  readonly threads: Threads;
  readonly workloads: Workloads;
  readonly keys: Keys;
  readonly audit: Audit;
  readonly health: Health;
  /** For `recorder` and `live`, which are functions of their own so that a bundle holds what it uses. */
  readonly transport: Transport;

  constructor(options: NetraOptions = {}) {
    const isPage = typeof (globalThis as { document?: unknown }).document !== "undefined";
    const apiKey = options.apiKey ?? (options.tokens === undefined ? environment("NETRA_API_KEY") : undefined);
    if (isPage && apiKey !== undefined && options.allowKeyInBrowser !== true) {
      throw new ConfigurationError("an API key in a page is readable by every script of the page; sign in instead, or set allowKeyInBrowser");
    }
    if (typeof apiKey === "string" && /\s/.test(apiKey)) throw new ConfigurationError("the API key contains white space");
    this.transport = new Transport(
      {
        baseUrl: baseUrlOf(options.baseUrl),
        fetch: options.fetch ?? ((...given) => fetch(...given)),
        timeoutMs: options.timeoutMs ?? 60_000,
        maxRetries: options.maxRetries ?? 2,
        maxRetryAfterMs: options.maxRetryAfterMs ?? 60_000,
        logger: options.logger,
        headers: options.headers ?? {},
        userAgent: isPage ? undefined : `netra-js/${VERSION}${platform()}`,
      },
      new Credentials(apiKey, options.tokens, options.onTokens, options.renewal),
    );
    this.agent = new Agent(this.transport, options.idleTimeoutMs ?? 45_000);
    this.auth = new Auth(this.transport);
    this.threads = new Threads(this.transport);
    this.workloads = new Workloads(this.transport);
    this.keys = new Keys(this.transport);
    this.audit = new Audit(this.transport);
    this.health = new Health(this.transport);
  }

  /** Signs in with a password. The client renews its tokens by itself. */
  static async signIn(options: NetraOptions & { email: string; password: string }, call?: CallOptions): Promise<Netra> {
    const { email, password, ...rest } = options;
    const client = new Netra({ ...rest, tokens: { accessToken: "" } });
    const answer = await client.transport.send<LoginResponse>(
      { method: "POST", path: "/api/auth/login", safety: "O", isPublic: true, json: { email, password } }, call,
    );
    await client.transport.credentials.keep(tokensOf(answer));
    return client;
  }

  config(call?: CallOptions): Promise<PublicConfiguration> {
    return configuration(this.transport, call);
  }

  /** Asks a question and waits for the answer. */
  async ask(ask: Ask, call: CallOptions = {}): Promise<Answer> {
    const run = await this.agent.execute(ask, call);
    const advice = await run.wait({
      ...(call.signal === undefined ? {} : { signal: call.signal }),
      ...(call.timeoutMs === undefined ? {} : { timeoutMs: call.timeoutMs }),
    });
    return { advice, run, threadId: run.threadId ?? "" };
  }
}

function platform(): string {
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  return process?.versions?.node === undefined ? "" : ` (Node/${process.versions.node})`;
}
