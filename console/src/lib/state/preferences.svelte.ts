// The reader's settings, kept in this browser.
import { setLocale } from "../format/numbers.ts";
import { browserZone, setZone } from "../format/times.ts";
import { recall, store } from "./storage.ts";

export type Theme = "system" | "light" | "dark";
export type Density = "comfortable" | "compact";
export type Motion = "system" | "reduced";

function chosen<T extends string>(name: string, values: readonly T[]): T {
  const kept = recall(name);
  return values.find((one) => one === kept) ?? (values[0] as T);
}

const dark = matchMedia("(prefers-color-scheme: dark)");

class Preferences {
  #isSystemDark = $state(dark.matches);
  theme = $state<Theme>(chosen("theme", ["system", "light", "dark"]));
  density = $state<Density>(chosen("density", ["comfortable", "compact"]));
  motion = $state<Motion>(chosen("motion", ["system", "reduced"]));
  /** Whether single letters do something (WCAG 2.1.4). */
  hasKeys = $state(recall("keys") !== "off");
  /** An IANA name; empty: the browser's. */
  zone = $state(recall("zone") ?? "");

  constructor() {
    dark.addEventListener("change", ({ matches }) => (this.#isSystemDark = matches));
  }

  get zoneName(): string {
    return this.zone === "" ? browserZone() : this.zone;
  }

  /** Applies the settings to the page. */
  apply(): void {
    const { dataset } = document.documentElement;
    dataset["theme"] = this.theme;
    dataset["density"] = this.density;
    dataset["motion"] = this.motion;
    document.documentElement.lang = "en";
    setLocale(undefined);
    setZone(this.zoneName);
    store("theme", this.theme === "system" ? null : this.theme);
    store("density", this.density === "comfortable" ? null : this.density);
    store("motion", this.motion === "system" ? null : this.motion);
    store("keys", this.hasKeys ? null : "off");
    store("zone", this.zone === "" ? null : this.zone);
  }

  get isDark(): boolean {
    return this.theme === "dark" || (this.theme === "system" && this.#isSystemDark);
  }
}

export const preferences = new Preferences();
