// How the price of one call comes about. Pure.
import type { ListedEvent } from "@netra/sdk";

export interface PriceLine {
  what: "uncached" | "cached" | "written" | "output" | "request" | "other";
  tokens: number | null;
  usdPerM: number | null;
  usd: number;
}

/** The parts of a call's price, which sum to it; what the token prices do not explain is `other`. */
export function priceLines({ event, usd, unit_prices: prices }: ListedEvent): PriceLine[] {
  if (usd === null || prices === null) return [];
  const cached = event.cached_input_tokens ?? 0;
  const written = event.cache_write_tokens ?? 0;
  const parts: [PriceLine["what"], number, number][] = [
    ["uncached", event.input_tokens - cached - written, prices.input_usd_per_m],
    ["cached", cached, prices.cached_input_usd_per_m],
    ["written", written, prices.cache_write_usd_per_m],
    ["output", event.output_tokens, prices.output_usd_per_m],
  ];
  const lines = parts.filter(([, tokens]) => tokens !== 0).map(([what, tokens, usdPerM]): PriceLine => ({ what, tokens, usdPerM, usd: (tokens * usdPerM) / 1e6 }));
  if (prices.request_usd !== 0) lines.push({ what: "request", tokens: null, usdPerM: null, usd: prices.request_usd });
  const rest = usd - lines.reduce((sum, line) => sum + line.usd, 0);
  if (Math.abs(rest) > Math.max(1e-9, Math.abs(usd) * 1e-6)) lines.push({ what: "other", tokens: null, usdPerM: null, usd: rest });
  return lines;
}
