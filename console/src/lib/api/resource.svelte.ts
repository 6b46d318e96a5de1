// What a screen reads: the old data stays while new comes, a skeleton appears after 150 ms, an error says what it is.
import { ApiError } from "@netra/sdk";
import { problemOf, type Problem } from "./problem.ts";
import { session } from "./session.svelte.ts";

const SKELETON_MS = 150;

export class Resource<T> {
  data = $state.raw<T | undefined>(undefined);
  problem = $state.raw<Problem | null>(null);
  isLoading = $state(false);
  showsSkeleton = $state(false);
  /** When `data` came, in milliseconds since 1970. */
  at = $state(0);
  readonly #read: (signal: AbortSignal) => Promise<T>;
  #running: AbortController | undefined;

  constructor(read: (signal: AbortSignal) => Promise<T>) {
    this.#read = read;
  }

  /** Reads; a call while another is on its way replaces it. */
  async load(): Promise<void> {
    this.#running?.abort();
    const mine = new AbortController();
    this.#running = mine;
    this.isLoading = true;
    const timer = setTimeout(() => (this.showsSkeleton = this.data === undefined), SKELETON_MS);
    try {
      const data = await this.#read(mine.signal);
      if (this.#running !== mine) return;
      this.data = data;
      this.at = Date.now();
      this.problem = null;
    } catch (cause) {
      if (this.#running !== mine || mine.signal.aborted) return;
      this.problem = problemOf(cause);
      if (cause instanceof ApiError && cause.status === 401) session.lost();
    } finally {
      clearTimeout(timer);
      if (this.#running === mine) {
        this.isLoading = false;
        this.showsSkeleton = false;
        this.#running = undefined;
      }
    }
  }

  /** Forgets what was read: the screen shows something else now. */
  clear(): void {
    this.stop();
    this.data = undefined;
    this.problem = null;
  }

  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
    this.isLoading = false;
    this.showsSkeleton = false;
  }
}
