// Requests that the SDK has no method for; they go through its transport, so its rules hold.
import type { CallOptions, Netra } from "@netra/sdk";

/** A list is sent as one parameter for each value; an empty text is a value, null is none. */
export type Query = Record<string, string | number | null | undefined | readonly (string | number)[]>;

/** `path` with its query. */
export function withQuery(path: string, query: Query): string {
  const pairs = Object.entries(query).flatMap(([name, value]) => {
    if (value == null) return [];
    return (typeof value === "object" ? value : [value]).map((one) => [name, String(one)]);
  });
  const text = new URLSearchParams(pairs).toString();
  return text === "" ? path : `${path}?${text}`;
}

export function getJson<T>(client: Netra, path: string, query: Query = {}, call?: CallOptions): Promise<T> {
  return client.transport.send<T>({ method: "GET", path: withQuery(path, query), safety: "G" }, call);
}

export function postJson<T>(client: Netra, path: string, json: unknown, call?: CallOptions): Promise<T> {
  return client.transport.send<T>({ method: "POST", path, safety: "P", json }, call);
}

export function putJson<T>(client: Netra, path: string, json: unknown, call?: CallOptions): Promise<T> {
  return client.transport.send<T>({ method: "PUT", path, safety: "P", json }, call);
}
