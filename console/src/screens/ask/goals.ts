// Goals that a chip adds to a question: words for the reader, parameters for the service. Pure.

export interface Goal {
  id: string;
  label: string;
  unit: string;
  /** The value that the field begins with. */
  start: number;
  words: (value: number) => string;
  parameters: (value: number) => Record<string, unknown>;
}

export const goals: readonly Goal[] = [
  { id: "saving", label: "Saving", unit: "%", start: 20, words: (value) => `make it ${value} % cheaper`, parameters: (value) => ({ saving_share: value / 100 }) },
  { id: "budget", label: "Budget", unit: "$ a month", start: 1000, words: (value) => `keep the bill below $${value} a month`, parameters: (value) => ({ budget_usd_per_month: value }) },
  { id: "ttft", label: "First token p99", unit: "ms", start: 1000, words: (value) => `keep the p99 time to first token below ${value} ms`, parameters: (value) => ({ ttft_ms_p99: value }) },
  { id: "latency", label: "Whole call p99", unit: "ms", start: 20000, words: (value) => `keep the p99 latency below ${value} ms`, parameters: (value) => ({ latency_ms: value }) },
  { id: "growth", label: "Growth", unit: "%", start: 50, words: (value) => `traffic grows by ${value} %`, parameters: (value) => ({ traffic_growth: value / 100 }) },
];

export const priorities = ["cost", "performance", "balanced"] as const;

export interface Chosen {
  id: string;
  value: number;
}

/** The question with the goals in words. */
export function questionOf(text: string, chosen: readonly Chosen[], gpu: string): string {
  const parts = chosen.flatMap(({ id, value }) => goals.filter((goal) => goal.id === id).map((goal) => goal.words(value)));
  if (gpu !== "") parts.push(`consider ${gpu} GPUs`);
  const own = text.trim();
  if (parts.length === 0) return own;
  const wish = `${parts.join("; ")}.`;
  return own === "" ? wish.slice(0, 1).toUpperCase() + wish.slice(1) : `${own.replace(/[.;\s]+$/, "")}; ${wish}`;
}

/** The parameters of the goals; undefined without any. */
export function parametersOf(chosen: readonly Chosen[], gpu: string, priority: string): Record<string, unknown> | undefined {
  const found: Record<string, unknown> = {};
  for (const { id, value } of chosen) Object.assign(found, goals.find((goal) => goal.id === id)?.parameters(value));
  if (gpu !== "") found["gpus"] = [gpu];
  if (priority !== "") found["priority"] = priority;
  return Object.keys(found).length === 0 ? undefined : found;
}
