// Who is signed in. The access token is in memory only; the refresh token is in a cookie that no script can read.
import { ApiError, Netra, SessionLostError, UnauthorizedError } from "@netra/sdk";
import type { LoginResponse, PublicConfiguration, Tokens, UserProfile } from "@netra/sdk";
import { recall, store } from "../state/storage.ts";
import { problemOf, type Problem } from "./problem.ts";
import { SERVICE, forgetAnswers, watchedFetch } from "./traffic.ts";

type Phase = "starting" | "out" | "in" | "blocked";
type Note = { kind: "tokens"; tokens: Tokens } | { kind: "ask" } | { kind: "out" };

const HINT = "signed-in"; // says that a cookie may be there; without it the page does not ask
const OTHER_TAB_MS = 60; // how long another tab has to hand over its token
const FRESH_MS = 120_000; // a token of another tab is taken when it lasts longer than this

export { SERVICE };

class Session {
  phase = $state<Phase>("starting");
  user = $state.raw<UserProfile | null>(null);
  config = $state.raw<PublicConfiguration | null>(null);
  /** Why the page could not start: shown with a countdown and Try again. */
  problem = $state.raw<Problem | null>(null);
  /** Whether an API key is the proof, which lasts as long as this tab. */
  isKey = $state(false);
  #client: Netra = this.#with({});
  #channel: BroadcastChannel | undefined;

  /** The client with the present proof. */
  get client(): Netra {
    return this.#client;
  }

  get isAdmin(): boolean {
    return this.user?.role === "admin";
  }

  /** Reads the configuration, and signs in by the cookie where there may be one. */
  async start(): Promise<void> {
    this.#listen();
    this.problem = null;
    this.phase = "starting";
    try {
      this.config ??= await this.#client.config();
      if (recall(HINT) === null) {
        this.phase = "out";
        return;
      }
      await this.#enter((await this.#fromOtherTab()) ?? (await this.#refreshed()));
    } catch (cause) {
      if (cause instanceof UnauthorizedError || cause instanceof SessionLostError || (cause instanceof ApiError && cause.status === 403)) this.#leave();
      else {
        this.problem = problemOf(cause);
        this.phase = "blocked";
      }
    }
  }

  async signIn(email: string, password: string): Promise<void> {
    await this.#enter(tokensOf(await this.#post("login", { email, password })));
  }

  /** Ends a sign-in with an identity provider. */
  async exchange(code: string): Promise<void> {
    await this.#enter(tokensOf(await this.#post("exchange", { code })));
  }

  /** Uses an API key until the tab is closed. */
  async useKey(key: string): Promise<void> {
    const client = new Netra({ baseUrl: SERVICE, apiKey: key.trim(), allowKeyInBrowser: true, fetch: watchedFetch, maxRetryAfterMs: 2_000 });
    this.user = await client.auth.me();
    this.#client = client;
    this.isKey = true;
    this.phase = "in";
  }

  /** Signs out here and in the other tabs. */
  async signOut(): Promise<void> {
    if (!this.isKey) {
      await this.#client.auth.signOut();
      this.#tell({ kind: "out" });
    }
    this.#leave();
  }

  /** Goes to the sign-in screen: the service refused the proof. */
  lost(): void {
    if (this.phase === "in") this.#leave();
  }

  async #enter(tokens: Tokens): Promise<void> {
    forgetAnswers();
    this.#client = this.#with(tokens);
    this.isKey = false;
    this.user = await this.#client.auth.me();
    store(HINT, "1");
    this.#tell({ kind: "tokens", tokens });
    this.phase = "in";
  }

  #leave(): void {
    store(HINT, null);
    forgetAnswers();
    this.user = null;
    this.isKey = false;
    this.#client = this.#with({});
    this.phase = "out";
  }

  #with(tokens: Partial<Tokens>): Netra {
    return new Netra({
      baseUrl: SERVICE,
      fetch: watchedFetch,
      maxRetryAfterMs: 2_000, // a longer wait is shown as a countdown
      tokens: { accessToken: tokens.accessToken ?? "", expiresAt: tokens.expiresAt },
      ...(tokens.accessToken === undefined ? {} : { renewal: () => this.#renewed() }),
    });
  }

  /** Gets new tokens, one tab at a time; a tab that waited takes what another got. */
  async #renewed(): Promise<Tokens> {
    const old = this.#client.transport.credentials.tokens?.accessToken;
    const once = async (): Promise<Tokens> => {
      const others = await this.#fromOtherTab();
      if (others !== undefined && others.accessToken !== old) return others;
      const tokens = await this.#refreshed();
      this.#tell({ kind: "tokens", tokens });
      return tokens;
    };
    try {
      return await (navigator.locks === undefined ? once() : navigator.locks.request("netra-refresh", once));
    } catch (cause) {
      if (cause instanceof UnauthorizedError) this.#leave();
      throw cause;
    }
  }

  async #refreshed(): Promise<Tokens> {
    return tokensOf(await this.#post("refresh", {}));
  }

  #post(what: "login" | "exchange" | "refresh", body: object): Promise<LoginResponse> {
    return this.#client.transport.send<LoginResponse>({
      method: "POST", path: `/api/auth/${what}`, safety: what === "refresh" ? "K" : "O", isPublic: true, json: { ...body, keep: "cookie" },
    });
  }

  #listen(): void {
    if (this.#channel !== undefined || typeof BroadcastChannel === "undefined") return;
    this.#channel = new BroadcastChannel("netra-session");
    this.#channel.addEventListener("message", ({ data }: MessageEvent<Note>) => {
      const tokens = this.#client.transport.credentials.tokens;
      if (data.kind === "out" && !this.isKey) this.#leave();
      else if (data.kind === "ask" && this.phase === "in" && !this.isKey && tokens !== undefined) this.#tell({ kind: "tokens", tokens });
    });
  }

  #tell(note: Note): void {
    this.#channel?.postMessage(note);
  }

  /** A token of another tab that lasts a while; undefined where no tab answers at once. */
  #fromOtherTab(): Promise<Tokens | undefined> {
    const channel = this.#channel;
    if (channel === undefined) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const end = (tokens?: Tokens): void => {
        channel.removeEventListener("message", take);
        clearTimeout(timer);
        resolve(tokens);
      };
      const take = ({ data }: MessageEvent<Note>): void => {
        if (data.kind === "tokens" && (data.tokens.expiresAt ?? 0) > Date.now() + FRESH_MS) end(data.tokens);
      };
      const timer = setTimeout(end, OTHER_TAB_MS);
      channel.addEventListener("message", take);
      channel.postMessage({ kind: "ask" } satisfies Note);
    });
  }
}

function tokensOf(answer: LoginResponse): Tokens {
  return { accessToken: answer.access_token, expiresAt: Date.now() + answer.expires_in * 1_000 };
}

export const session = new Session();
