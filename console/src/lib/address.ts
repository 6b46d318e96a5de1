// The address of a screen: the path and query behind the `#`. Pure.

export interface Address {
  path: string;
  query: Record<string, string>;
}

/** What a pattern such as `/w/:id/calls` found in a path. */
export type Params = Record<string, string>;

/** Reads the part behind the `#`. A malformed escape is read as it stands. */
export function parse(hash: string): Address {
  const text = hash.replace(/^#/, "");
  const at = text.indexOf("?");
  const path = at < 0 ? text : text.slice(0, at);
  const query: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(at < 0 ? "" : text.slice(at + 1))) query[name] = value;
  return { path: path.startsWith("/") ? path : `/${path}`, query };
}

/** Writes the part behind the `#`, names in order, empty values left out. */
export function write(path: string, query: Record<string, string | number | boolean | null | undefined> = {}): string {
  const given = Object.entries(query)
    .filter((one): one is [string, string | number | boolean] => one[1] != null && one[1] !== "" && one[1] !== false)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return `#${path}${text === "" ? "" : `?${text}`}`;
}

/** Matches a path with a pattern; null where it does not match. */
export function match(pattern: string, path: string): Params | null {
  const wanted = pattern.split("/").filter((one) => one !== "");
  const found = path.split("/").filter((one) => one !== "");
  if (wanted.length !== found.length) return null;
  const params: Params = {};
  for (const [index, part] of wanted.entries()) {
    const text = decoded(found[index] ?? "");
    if (part.startsWith(":")) params[part.slice(1)] = text;
    else if (part !== text) return null;
  }
  return params;
}

/** A path from a pattern and what stands for its names. */
export function fill(pattern: string, params: Params): string {
  return pattern.replace(/:([a-z]+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
}

/** Where to go after signing in: a place of this page and nothing else. */
export function safeNext(next: string | undefined): string {
  return next !== undefined && /^\/(?![/\\])/.test(next) && !next.startsWith("/sign-in") ? `#${next}` : "#/";
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
