// Requests that the SDK has no method for; they go through its transport, so its rules hold.
import type { CallOptions, Netra } from "@netra/sdk";

type Query = Record<string, string | number | null | undefined>;

export function getJson<T>(client: Netra, path: string, query: Query = {}, call?: CallOptions): Promise<T> {
  return client.transport.send<T>({ method: "GET", path, safety: "G", query }, call);
}

export function postJson<T>(client: Netra, path: string, json: unknown, call?: CallOptions): Promise<T> {
  return client.transport.send<T>({ method: "POST", path, safety: "P", json }, call);
}

export function putJson<T>(client: Netra, path: string, json: unknown, call?: CallOptions): Promise<T> {
  return client.transport.send<T>({ method: "PUT", path, safety: "P", json }, call);
}
