// The models and GPUs to choose from, read once a visit when a screen first needs them.
import { getJson } from "./calls.ts";
import { session } from "./session.svelte.ts";

export interface ListedModel {
  name: string;
  provider: string;
  input_usd_per_m: number;
  cached_input_usd_per_m: number | null;
  cache_write_usd_per_m: number | null;
  output_usd_per_m: number;
  batch_discount: number | null;
  context_tokens: number | null;
}

export interface Catalogue {
  models: ListedModel[];
  gpus: { name: string; memory_gib: number; usd_per_hour: number | null }[];
  hosted_models: string[];
  source: string;
  as_of: string | null;
}

class Choices {
  data = $state.raw<Catalogue | null>(null);
  #reading: Promise<void> | undefined;

  /** Reads the catalogue unless it is there; a failure leaves the lists empty and the next call tries again. */
  load(): Promise<void> {
    this.#reading ??= getJson<Catalogue>(session.client, "/api/catalogue").then(
      (found) => void (this.data = found),
      () => void (this.#reading = undefined),
    );
    return this.#reading;
  }
}

export const catalogue = new Choices();
