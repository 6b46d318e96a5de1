/** Waits, and throws the signal's reason when it is aborted first. Leaves no timer and no listener behind. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** A timer that does not keep the program running, where the platform can say so. */
export function background(run: () => void, ms: number): ReturnType<typeof setTimeout> {
  const timer: unknown = setTimeout(run, ms);
  (timer as { unref?: () => void }).unref?.();
  return timer as ReturnType<typeof setTimeout>;
}

/** One abort controller that follows an outer signal; `end` lets go of it. */
export class Scope {
  readonly controller: AbortController = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #stop: () => void;

  constructor(outer?: AbortSignal) {
    this.#outer = outer;
    this.#stop = (): void => this.controller.abort(outer?.reason);
    if (outer?.aborted) this.#stop();
    else outer?.addEventListener("abort", this.#stop, { once: true });
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  end(): void {
    this.#outer?.removeEventListener("abort", this.#stop);
  }
}
