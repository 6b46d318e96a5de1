// Keys of a screen. Single letters do nothing in fields, and can be switched off.
import { onMount } from "svelte";
import { preferences } from "./preferences.svelte.ts";

export interface KeyHint {
  keys: string;
  does: string;
  run: () => void;
}

let stack = $state.raw<(readonly KeyHint[])[]>([]);
let pending = "";
let pendingTimer: ReturnType<typeof setTimeout> | undefined;

/** Adds keys while the component is there; the newest come first. */
export function useKeys(hints: readonly KeyHint[]): void {
  onMount((): (() => void) => {
    stack = [...stack, hints];
    return () => {
      stack = stack.filter((one) => one !== hints);
    };
  });
}

/** The keys that work now, for the map. */
export function presentKeys(): KeyHint[] {
  const seen = new Set<string>();
  return [...stack].reverse().flatMap((hints) => hints.filter(({ keys }) => !seen.has(keys) && seen.add(keys)));
}

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));
}

export function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key;
  if (key !== "Escape" && (isField(event.target) || !preferences.hasKeys)) return;
  if ((key === "Enter" || key === " ") && event.target instanceof HTMLElement && /^(A|BUTTON|SUMMARY)$/.test(event.target.tagName)) return;
  const both = pending === "" ? key : `${pending} ${key}`;
  clearTimeout(pendingTimer);
  pending = "";
  const hints = presentKeys();
  const found = hints.find(({ keys }) => keys === both) ?? hints.find(({ keys }) => keys === key);
  if (found !== undefined) {
    event.preventDefault();
    found.run();
  } else if (hints.some(({ keys }) => keys.startsWith(`${key} `))) {
    pending = key;
    pendingTimer = setTimeout(() => (pending = ""), 1_500);
  }
}
