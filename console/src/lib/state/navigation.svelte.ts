// The address as state: screens read it and write it, and nothing else remembers filters.
import { parse, write, type Address } from "../address.ts";

class Navigation {
  #address = $state.raw<Address>(parse(location.hash));

  constructor() {
    addEventListener("hashchange", () => (this.#address = parse(location.hash)));
  }

  get path(): string {
    return this.#address.path;
  }

  get query(): Record<string, string> {
    return this.#address.query;
  }

  get hash(): string {
    return write(this.#address.path, this.#address.query);
  }

  go(hash: string): void {
    location.hash = hash;
  }

  replace(hash: string): void {
    history.replaceState(null, "", hash);
    this.#address = parse(hash);
  }

  /** Changes parts of the query; null and "" remove. A step back in the history leads to the state before. */
  set(patch: Record<string, string | number | boolean | null | undefined>, options: { replaces?: boolean } = {}): void {
    const hash = write(this.path, { ...this.query, ...patch });
    if (options.replaces === true) this.replace(hash);
    else if (hash !== location.hash) {
      history.pushState(null, "", hash);
      this.#address = parse(hash);
    }
  }

  /** The address of this place, for a link that is copied. */
  get link(): string {
    return new URL(this.hash, document.baseURI).href;
  }
}

export const navigation = new Navigation();
addEventListener("popstate", () => navigation.replace(location.hash === "" ? "#/" : location.hash));
