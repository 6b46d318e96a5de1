// What the browser keeps between visits: preferences and places of imports, never a secret.

const PREFIX = "netra.console.";

export function recall(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null; // storage is switched off: the page works without
  }
}

/** Keeps a text, or removes it when `value` is null. */
export function store(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, value);
  } catch {
    return;
  }
}
