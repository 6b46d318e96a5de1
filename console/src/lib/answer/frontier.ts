// The options to serve the traffic as points: dollars against a measure. Pure.
import type { Pareto, ServingOption } from "@netra/sdk";

export const measures = ["ttft_ms_p99", "tpot_ms_p99", "latency_ms_p99", "memory_gib"] as const;
export type Measure = (typeof measures)[number];

const LOG_FROM = 10; // a range over this factor gets a logarithmic axis

export interface Axis {
  low: number;
  high: number;
  isLog: boolean;
  ticks: number[];
}

export interface Point {
  option: ServingOption;
  name: string;
  usd: number;
  value: number;
  bounds: readonly [number, number] | null;
  isOnFront: boolean;
  isPick: boolean;
  /** Places from the left and from the top, 0 to 1. */
  x: number;
  y: number;
}

export interface Frontier {
  measure: Measure;
  points: Point[];
  x: Axis;
  y: Axis;
  /** The corners of the front, left to right, as places. */
  line: { x: number; y: number }[];
  /** Options whose measure is not known. */
  unknown: string[];
}

/** The measures that at least one option has. */
export function measuresOf({ options }: Pareto): Measure[] {
  return measures.filter((measure) => options.some((option) => option[measure] != null));
}

export function boundsOf(option: ServingOption, measure: Measure): readonly [number, number] | null {
  const range = measure === "memory_gib" ? null : option[`${measure}_range`];
  return range?.[0] === undefined || range[1] === undefined ? null : [range[0], range[1]];
}

export function usdOf(option: ServingOption, isMonth: boolean): number {
  return (isMonth ? option.usd_per_month : null) ?? option.usd_in_window;
}

/** Places the options on both axes; null where no option has the measure. */
export function frontierOf(pareto: Pareto, measure: Measure, isMonth: boolean): Frontier | null {
  const known = pareto.options.filter((option) => option[measure] != null);
  if (known.length === 0) return null;
  const values = known.flatMap((option) => [Number(option[measure]), ...(boundsOf(option, measure) ?? [])]);
  const x = axisOf(values, false);
  const y = axisOf(known.map((option) => usdOf(option, isMonth)), true);
  const points = known.map((option): Point => {
    const value = Number(option[measure]);
    const usd = usdOf(option, isMonth);
    return {
      option, name: option.name, usd, value, bounds: boundsOf(option, measure),
      isOnFront: pareto.front.includes(option.name), isPick: pareto.pick === option.name,
      x: place(value, x), y: 1 - place(usd, y),
    };
  });
  const line = points.filter(({ isOnFront }) => isOnFront).sort((a, b) => a.x - b.x).map(({ x: left, y: top }) => ({ x: left, y: top }));
  return { measure, points, x, y, line, unknown: pareto.options.filter((option) => option[measure] == null).map(({ name }) => name) };
}

/** An axis over the values: from zero for money, logarithmic where they differ by more than ten times. */
export function axisOf(values: readonly number[], isMoney: boolean): Axis {
  const positive = values.filter((value) => value > 0);
  const least = Math.min(...positive);
  const most = Math.max(...values);
  if (positive.length === values.length && most / least > LOG_FROM) {
    const low = 10 ** Math.floor(Math.log10(least * 0.999));
    const high = 10 ** Math.ceil(Math.log10(most * 1.001));
    const ticks: number[] = [];
    const steps = high / low > 1_000 ? [1] : [1, 2, 5];
    for (let decade = low; decade <= high * 1.001; decade *= 10) for (const step of steps) if (decade * step <= high * 1.001) ticks.push(decade * step);
    return { low, high, isLog: true, ticks };
  }
  const isFar = most - least > most * 0.01 && least >= most * 0.5; // values far from zero and apart: the axis may begin near them
  const bottom = isMoney || !isFar ? 0 : least - (most - least) * 0.5;
  const step = niceStep((most * 1.001 - bottom) / 4);
  const low = Math.max(0, Math.floor(bottom / step) * step);
  const high = Math.max(low + step, Math.ceil((most * 1.001) / step) * step);
  return { low, high, isLog: false, ticks: Array.from({ length: Math.round((high - low) / step) + 1 }, (_, at) => low + at * step) };
}

/** The share of the axis at which a value lies. */
export function place(value: number, { low, high, isLog }: Axis): number {
  return isLog ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
}

function niceStep(rough: number): number {
  if (!(rough > 0)) return 1;
  const decade = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 2.5, 5, 10].find((one) => one * decade >= rough) ?? 10) * decade;
}

/** Shifts labels down so that those that would overlap stand under each other; in shares of the height. */
export function spread(tops: readonly { x: number; y: number }[], gap: number, width: number): number[] {
  const placed: { x: number; y: number }[] = [];
  const found = new Map<number, number>();
  for (const { at, x, y } of tops.map((one, at) => ({ at, ...one })).sort((a, b) => a.y - b.y)) {
    let top = y;
    for (const one of placed) if (Math.abs(one.x - x) < width && top - one.y < gap) top = one.y + gap;
    placed.push({ x, y: top });
    found.set(at, top);
  }
  return tops.map((_, at) => found.get(at) ?? 0);
}
