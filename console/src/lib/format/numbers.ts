// Numbers as the reader's locale writes them. One function a kind, so that a figure reads alike on every screen.

const MINUS = "\u2212";
const cache = new Map<string, Intl.NumberFormat>();
let locale: string | undefined;

/** The locale of numbers and dates; undefined: the browser's. */
export function setLocale(given: string | undefined): void {
  locale = given;
  cache.clear();
}

export function localeOf(): string | undefined {
  return locale;
}

function format(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = JSON.stringify(options);
  let found = cache.get(key);
  if (found === undefined) {
    found = new Intl.NumberFormat(locale, options);
    cache.set(key, found);
  }
  return found;
}

function written(value: number, options: Intl.NumberFormatOptions): string {
  return format(options)
    .formatToParts(value)
    .map((part) => (part.type === "minusSign" ? MINUS : part.value))
    .join("");
}

const USD: Intl.NumberFormatOptions = { style: "currency", currency: "USD", currencyDisplay: "narrowSymbol" };

function decimalsOfUsd(size: number): number {
  return size > 0 && size < 100 ? (size >= 9.995 ? 1 : 2) : 0;
}

/** Dollars in running text: 3 significant digits from $1 up, cents below, `<$0.01` for less than a cent. */
export function money(usd: number | null | undefined): string {
  if (usd == null) return "–";
  const size = Math.abs(usd);
  if (size > 0 && size < 0.005) return `${usd < 0 ? MINUS : ""}<${written(0.01, USD)}`;
  const rounded = size >= 1 ? Number(usd.toPrecision(3)) : usd;
  const digits = decimalsOfUsd(Math.abs(rounded));
  return written(rounded, { ...USD, minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Dollars to the cent, for tables and hover; four decimals below a cent. */
export function moneyExact(usd: number | null | undefined): string {
  if (usd == null) return "–";
  const size = Math.abs(usd);
  const digits = size > 0 && size < 0.01 ? 6 : 2;
  return written(usd, { ...USD, minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Dollars of one call: six decimals. */
export function moneyFine(usd: number | null | undefined): string {
  return usd == null ? "–" : written(usd, { ...USD, minimumFractionDigits: 6, maximumFractionDigits: 6 });
}

/** Dollars on an axis: as few digits as tell the ticks apart. */
export function moneyTick(usd: number): string {
  const size = Math.abs(usd);
  const most = size === 0 || size >= 10 ? 0 : size >= 0.01 ? 2 : 4;
  return written(usd, { ...USD, minimumFractionDigits: most === 2 ? 2 : 0, maximumFractionDigits: most, notation: size >= 1e5 ? "compact" : "standard" });
}

/** A share with one decimal. */
export function share(part: number | null | undefined, decimals = 1): string {
  return part == null ? "–" : written(part, { style: "percent", minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** A change against an earlier value, with its sign; null where there is nothing to compare. */
export function change(now: number | null | undefined, before: number | null | undefined): string | null {
  if (now == null || before == null || before === 0) return null;
  return written(now / before - 1, { style: "percent", maximumFractionDigits: 1, signDisplay: "exceptZero" });
}

/** A count, exact. */
export function count(value: number | null | undefined): string {
  return value == null ? "–" : written(value, { maximumFractionDigits: 0 });
}

/** A count in few signs: 12.3K. */
export function compact(value: number | null | undefined): string {
  if (value == null) return "–";
  return written(value, Math.abs(value) < 10_000 ? { maximumFractionDigits: 0 } : { notation: "compact", maximumSignificantDigits: 3 });
}

/** A number with at most `decimals` decimals. */
export function number(value: number | null | undefined, decimals = 2): string {
  return value == null ? "–" : written(value, { maximumFractionDigits: decimals });
}

/** Milliseconds as the unit that suits their size: 850 ms, 12.3 s, 4 min 10 s. */
export function duration(ms: number | null | undefined): string {
  if (ms == null) return "–";
  const size = Math.abs(ms);
  if (size < 999.5) return `${written(ms, { maximumFractionDigits: size < 10 ? 1 : 0 })} ms`;
  if (size < 99_950) return `${written(ms / 1_000, { maximumSignificantDigits: 3 })} s`;
  const seconds = Math.round(size / 1_000);
  if (seconds < 5_970) return `${count(Math.floor(seconds / 60))} min ${count(seconds % 60)} s`;
  const hours = size / 3_600_000;
  return hours < 47.5 ? `${written(hours, { maximumSignificantDigits: 3 })} h` : `${written(hours / 24, { maximumSignificantDigits: 3 })} d`;
}

export function bytes(size: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let step = 0;
  for (; size >= 999.5 && step < units.length - 1; step += 1) size /= 1_000;
  return `${written(size, { maximumSignificantDigits: 3 })} ${units[step]}`;
}

/** A count with its noun; `forms` are the English singular and plural. */
export function plural(value: number, forms: readonly [string, string]): string {
  return `${count(value)} ${value === 1 ? forms[0] : forms[1]}`;
}
