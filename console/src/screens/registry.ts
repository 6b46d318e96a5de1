// Every screen, in one table: its address, its place in the navigation, and where its code is.
import type { Component } from "svelte";
import { match, type Params } from "../lib/address.ts";

export interface ScreenProps {
  params: Params;
}

// A screen without parameters declares no props, so the type of props is left open here.
type Module = { default: Component<any> };

export interface Screen {
  name: string;
  /** Parts that begin with `:` are handed over as `params`. */
  pattern: string;
  title: string;
  /** Where a link to it stands: in the head, in the head of a workload, under settings, or nowhere. */
  place: "main" | "workload" | "settings" | "none";
  /** Whether it works signed out. */
  isPublic?: boolean;
  /** Whether only administrators see it. */
  isAdmin?: boolean;
  load: () => Promise<Module>;
}

export const screens: readonly Screen[] = [
  { name: "sign-in", pattern: "/sign-in", title: "Sign in", place: "none", isPublic: true, load: () => import("./sign-in/Screen.svelte") },
  { name: "workloads", pattern: "/", title: "Workloads", place: "main", load: () => import("./workloads/Screen.svelte") },
  { name: "overview", pattern: "/w/:id/overview", title: "Overview", place: "workload", load: () => import("./overview/Screen.svelte") },
  { name: "calls", pattern: "/w/:id/calls", title: "Calls", place: "workload", load: () => import("./calls/Screen.svelte") },
  { name: "keys", pattern: "/settings/keys", title: "Keys", place: "settings", load: () => import("./keys/Screen.svelte") },
  { name: "account", pattern: "/settings/account", title: "Account", place: "settings", load: () => import("./account/Screen.svelte") },
  { name: "audit", pattern: "/admin/audit", title: "Audit", place: "settings", isAdmin: true, load: () => import("./audit/Screen.svelte") },
  { name: "settings", pattern: "/settings", title: "Settings", place: "settings", isPublic: true, load: () => import("./settings/Screen.svelte") },
  { name: "health", pattern: "/health", title: "Health", place: "main", isPublic: true, load: () => import("./health/Screen.svelte") },
  { name: "ask", pattern: "/w/:id/ask", title: "Ask", place: "workload", load: () => import("./ask/Screen.svelte") },
  { name: "what-if", pattern: "/w/:id/what-if", title: "What if", place: "workload", load: () => import("./what-if/Screen.svelte") },
  { name: "realised", pattern: "/w/:id/realised", title: "Realised", place: "workload", load: () => import("./realised/Screen.svelte") },
  { name: "thread", pattern: "/t/:thread", title: "Conversation", place: "none", load: () => import("./ask/Screen.svelte") },
  { name: "history", pattern: "/history", title: "History", place: "main", load: () => import("./history/Screen.svelte") },
  { name: "result", pattern: "/r/:run", title: "Result", place: "none", load: () => import("./result/Screen.svelte") },
];

export interface Found {
  screen: Screen;
  params: Params;
}

/** The screen of a path; undefined where there is none. */
export function find(path: string): Found | undefined {
  for (const screen of screens) {
    const params = match(screen.pattern, path);
    if (params !== null) return { screen, params };
  }
  return undefined;
}
