// The overview of a workload as the service sends it: sums in a window, in bins of a time zone.

export interface Percentiles {
  known: number;
  p50: number;
  p90: number;
  p99: number;
}

export interface Totals {
  requests: number;
  input_tokens: number;
  cached_input_tokens: number | null;
  cache_write_tokens: number | null;
  output_tokens: number;
  usd: number | null;
  requests_unpriced: number;
  failed: number;
  latency_ms: Percentiles | null;
  ttft_ms: Percentiles | null;
}

export interface Series {
  name: string | null;
  is_other: boolean;
  requests: number[];
  usd: (number | null)[];
  input_tokens: number[];
  cached_input_tokens: number[] | null;
  output_tokens: number[];
  failed: number[];
}

export interface PercentileSeries {
  known: number[];
  p50: (number | null)[];
  p90: (number | null)[];
  p99: (number | null)[];
}

export interface NameCount {
  name: string | null;
  requests: number;
}

export interface BreakdownRow {
  name: string | null;
  is_other: boolean;
  requests: number;
  usd: number | null;
  share: number;
  input_tokens: number;
  output_tokens: number;
  failed: number;
  latency_ms_p99: number | null;
}

export interface Overview {
  workload_id: string;
  revision: string;
  window: { from: string | null; to: string | null; tz: string; bin: string; bin_s: number; bins: number };
  totals: Totals;
  previous: Totals | null;
  per_month: { factor: number | null; usd: number | null };
  starts: string[];
  series: Series[];
  latency: { latency_ms: PercentileSeries | null; ttft_ms: PercentileSeries | null };
  heat: { requests: number[][]; usd: number[][] };
  cache: { read_share: (number | null)[] | null; possible: { ttl_s: number | null; token_share: number }[] };
  statuses: NameCount[];
  breakdown: BreakdownRow[];
  names: { models: NameCount[]; providers: NameCount[]; features: NameCount[]; templates: NameCount[]; tools: NameCount[]; statuses: NameCount[] };
  gaps: { missing: string; would_add: string }[];
  freshness: { last_event_at: string | null; waiting_events: number };
}
