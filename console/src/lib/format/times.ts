// Instants in one time zone, which the reader sees named.
import { localeOf } from "./numbers.ts";

let zone = "UTC";

/** The zone of every instant on the page. */
export function setZone(name: string): void {
  zone = name;
}

export function zoneOf(): string {
  return zone;
}

export function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

function written(at: string | number | Date, options: Intl.DateTimeFormatOptions): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? String(at) : new Intl.DateTimeFormat(localeOf(), { timeZone: zone, ...options }).format(date);
}

/** Date and time to the minute. */
export function instant(at: string | number | Date | null | undefined): string {
  return at == null ? "–" : written(at, { dateStyle: "medium", timeStyle: "short" });
}

/** Date and time to the millisecond with the zone, for hover and details. */
export function instantExact(at: string | number | Date | null | undefined): string {
  return at == null ? "–" : written(at, { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, timeZoneName: "short" });
}

export function day(at: string | number | Date | null | undefined): string {
  return at == null ? "–" : written(at, { dateStyle: "medium" });
}

/** How long ago, in words of the locale. */
export function ago(at: string | null | undefined, now: number = Date.now()): string {
  if (at == null) return "–";
  const seconds = (new Date(at).getTime() - now) / 1_000;
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];
  const [unit, size] = steps.find(([, one]) => Math.abs(seconds) >= one) ?? ["second", 1];
  return new Intl.RelativeTimeFormat(localeOf(), { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
}

function partsIn(at: number): Parts {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" }).formatToParts(at);
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return { year: of("year"), month: of("month"), day: of("day"), hour: of("hour"), minute: of("minute") };
}

/** The value of a `datetime-local` field that shows `at` in the page's zone. */
export function toField(at: string | null | undefined): string {
  if (at == null || at === "") return "";
  const { year, month, day: date, hour, minute } = partsIn(new Date(at).getTime());
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(date)}T${two(hour)}:${two(minute)}`;
}

/** The instant that a `datetime-local` field means in the page's zone; in an hour that occurs twice, the first. */
export function fromField(text: string): string | null {
  const wanted = Date.parse(`${text}Z`);
  if (text === "" || Number.isNaN(wanted)) return null;
  const offsetAt = (at: number): number => {
    const { year, month, day: date, hour, minute } = partsIn(at);
    return Date.UTC(year, month - 1, date, hour, minute) - Math.floor(at / 60_000) * 60_000;
  };
  const candidates = [offsetAt(wanted - 86_400_000), offsetAt(wanted + 86_400_000)].map((offset) => wanted - offset);
  const fitting = candidates.filter((at) => at + offsetAt(at) === wanted);
  return new Date(Math.min(...(fitting.length > 0 ? fitting : candidates))).toISOString().replace(".000Z", "Z");
}
