// The page's `fetch`: remembers answers by their ETag, and what the headers say of limits.

/** What a rate limit has left. */
export interface LimitUse {
  limit: number;
  remaining: number;
  /** Seconds until it is whole again. */
  resetS: number;
  at: number;
}

/** The address of the service: the page is at `<prefix>/console/`. */
export const SERVICE = new URL("..", document.baseURI.replace(/#.*$/, "")).href.replace(/\/+$/, "");

interface Kept {
  etag: string;
  body: string;
  headers: Headers;
}

const KEPT_MAX = 60; // answers
const kept = new Map<string, Kept>();
const seen = new Map<string, LimitUse>();
const listeners = new Set<() => void>();

/** Calls `listener` after every answer with limit headers; returns what ends it. */
export function onLimit(listener: () => void): () => void {
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
  note(init?.method ?? "GET", url, response.headers);
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

/** The classes of requests that the service counts apart, by method and path; the headers name no class. */
const CLASSES: [RegExp, string][] = [
  [/^POST \/api\/auth\/(login|refresh|exchange|register|password)$/, "authentication"],
  [/^POST \/api\/agent\/execute$/, "agent"],
  [/^POST \/api\/workloads\/[^/]+\/(simulate|simulations)$/, "simulate"],
  [/^POST \/api\/workloads\/[^/]+\/events$/, "ingest"],
];

/** What is left of each class of requests, as the answers of the last minute say. */
export function presentLimits(): Record<string, LimitUse> {
  const now = Date.now();
  return Object.fromEntries([...seen].filter(([, use]) => now - use.at < 60_000));
}

function note(method: string, url: string, headers: Headers): void {
  const limit = Number(headers.get("x-ratelimit-limit") ?? Number.NaN);
  if (!Number.isFinite(limit)) return;
  const use = { limit, remaining: Number(headers.get("x-ratelimit-remaining")), resetS: Number(headers.get("x-ratelimit-reset")), at: Date.now() };
  const request = `${method} ${url.slice(SERVICE.length).replace(/\?.*$/, "")}`;
  seen.set(CLASSES.find(([pattern]) => pattern.test(request))?.[1] ?? "general", use);
  for (const listener of listeners) listener();
}
