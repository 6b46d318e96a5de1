// The page's `fetch`: remembers answers by their ETag, and what the headers say of limits.

/** What a rate limit has left, by the class that the service counts a path in. */
export interface LimitUse {
  limit: number;
  remaining: number;
  /** Seconds until it is whole again. */
  resetS: number;
  at: number;
}

interface Kept {
  etag: string;
  body: string;
  headers: Headers;
}

const KEPT_MAX = 60; // answers
const kept = new Map<string, Kept>();
const seen = new Map<number, LimitUse>();
const listeners = new Set<(path: string, use: LimitUse) => void>();

/** Calls `listener` with the limit headers of every answer; returns what ends it. */
export function onLimit(listener: (path: string, use: LimitUse) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Forgets every answer: another user signs in. */
export function forgetAnswers(): void {
  kept.clear();
}

/** `fetch` with If-None-Match: a 304 becomes the answer that was kept. */
export const watchedFetch: typeof fetch = async (input, init) => {
  const url = String(input);
  const isRead = (init?.method ?? "GET") === "GET";
  const known = isRead ? kept.get(url) : undefined;
  const headers = new Headers(init?.headers);
  if (known !== undefined) headers.set("If-None-Match", known.etag);
  const response = await fetch(url, { ...init, headers, credentials: "same-origin", ...(isRead ? { cache: "no-store" as const } : {}) });
  note(url, response.headers);
  if (response.status === 304 && known !== undefined) return new Response(known.body, { status: 200, headers: known.headers });
  const etag = response.headers.get("etag");
  if (!isRead || response.status !== 200 || etag === null) return response;
  const body = await response.text();
  kept.delete(url);
  kept.set(url, { etag, body, headers: response.headers });
  const oldest = kept.keys().next().value;
  if (kept.size > KEPT_MAX && oldest !== undefined) kept.delete(oldest);
  return new Response(body, { status: 200, headers: response.headers });
};

/** What is left of each limit as last seen, by its size: the headers name no class. */
export function presentLimits(): Record<number, number> {
  const now = Date.now();
  return Object.fromEntries([...seen].filter(([, use]) => now - use.at < 60_000).map(([limit, use]) => [limit, use.remaining]));
}

function note(url: string, headers: Headers): void {
  const limit = Number(headers.get("x-ratelimit-limit") ?? Number.NaN);
  if (!Number.isFinite(limit)) return;
  const use = { limit, remaining: Number(headers.get("x-ratelimit-remaining")), resetS: Number(headers.get("x-ratelimit-reset")), at: Date.now() };
  seen.set(limit, use);
  for (const listener of listeners) listener(new URL(url).pathname, use);
}
