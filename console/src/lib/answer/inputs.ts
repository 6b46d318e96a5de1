// The numbers behind a recommendation as facts and tables, by the names of its inputs. Pure.
import type { Cell } from "../files.ts";
import { count, duration, moneyExact, number, share } from "../format/numbers.ts";
import type { Column } from "../ui/table.ts";

type Row = Record<string, unknown>;

export interface InputTable {
  title: string;
  columns: Column<Row>[];
  rows: Row[];
  /** Rows in the answer; `rows` holds the first of them. */
  total: number;
}

const ROWS_SHOWN = 12;
const WORDS: Record<string, string> = {
  ttl_s: "Time to live", kept_s: "Kept for", by: "Grouped by", match: "Group", calls: "Calls", rows: "Rows", model: "Model", gpus: "GPUs", gpu: "GPU",
  usd_per_gpu_hour: "A GPU-hour", schemes: "By model", moves: "Moves", groups: "By group", candidates: "Models compared", tried: "Settings tried",
  usd_in_window: "Over the log", next_half_saved_share: "Saved in the second half",
};

/** The name of an input in words. */
export function nameOf(key: string): string {
  const known = WORDS[key];
  if (known !== undefined) return known;
  const text = key
    .replace(/_usd_in_window$/, ", over the log").replace(/_usd_per_month$/, ", a month").replace(/_usd_per_hour$/, ", an hour").replace(/_usd_per_minute/, ", a minute")
    .replace(/_95$/, ", 95 % interval").replace(/_ms(?=_|$)/, "").replace(/_per_s$/, " a second").replace(/_per_minute$/, " a minute").replace(/(?<!p)_s(?=_|$)/, "")
    .replaceAll("_", " ").replace(/\bttft\b/gi, "TTFT").replace(/\btpot\b/gi, "TPOT").replace(/\bkv\b/gi, "KV").replace(/\bgpu/gi, "GPU");
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** A value as its name says: dollars, a share, a time, a count. */
export function textOf(key: string, value: unknown): string {
  if (value == null) return key === "ttl_s" || key === "kept_s" ? "without end" : "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return /_95$|_range$/.test(key) && value.length === 2 ? `${textOf(key.replace(/_95$|_range$/, ""), value[0])} to ${textOf(key.replace(/_95$|_range$/, ""), value[1])}` : value.map((one) => textOf(key, one)).join(", ");
  if (typeof value === "object") return JSON.stringify(value);
  if (typeof value !== "number") return String(value);
  if (/usd/.test(key)) return /minute|gpu_hour/.test(key) ? `$${number(value, 4)}` : moneyExact(value);
  if (/(^|_)per_s$|per_minute|traffic$/.test(key)) return number(value, 2);
  if (/share|_rate(_|$)|difference|utilisation|growth/.test(key)) return share(value);
  if (/_ms(_|$)/.test(key)) return duration(value);
  if (/_s(_|$)/.test(key)) return span(value);
  return Number.isInteger(value) ? count(value) : number(value, 3);
}

/** Seconds in the largest unit that divides them: 5 min, 1 h; else as a duration. */
export function span(seconds: number): string {
  const units: [number, string][] = [[86_400, "d"], [3_600, "h"], [60, "min"]];
  const found = units.find(([size]) => seconds >= size && seconds % size === 0);
  return found === undefined ? duration(seconds * 1_000) : `${count(seconds / found[0])} ${found[1]}`;
}

function isRecord(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The single values, with those of small groups. */
export function factsOf(inputs: Row): { name: string; text: string }[] {
  return Object.entries(inputs).flatMap(([key, value]) => {
    if (key.startsWith("touched_")) return [];
    if (isRecord(value)) {
      return Object.values(value).some(isRecord) ? [] : Object.entries(value).map(([part, one]) => ({ name: `${nameOf(key)}: ${nameOf(part).toLowerCase()}`, text: textOf(part, one) }));
    }
    if (Array.isArray(value) && value.some(isRecord)) return [];
    return [{ name: nameOf(key), text: textOf(key, value) }];
  });
}

/** The lists as tables. */
export function tablesOf(inputs: Row): InputTable[] {
  return Object.entries(inputs).flatMap(([key, value]) => {
    const rows = rowsOf(value);
    if (rows.length === 0) return [];
    const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((name) => rows.some((row) => row[name] != null)).sort((a, b) => rank(a) - rank(b));
    const columns = keys.map((name): Column<Row> => {
      const isNumber = rows.some((row) => typeof row[name] === "number");
      return { id: name, title: nameOf(name), isNumber, value: (row) => cellOf(row[name]), text: (row) => textOf(name, row[name]) };
    });
    return [{ title: nameOf(key), columns, rows: rows.slice(0, ROWS_SHOWN), total: rows.length }];
  });
}

/** Names come first, then what is saved, then the rest as it came. */
function rank(key: string): number {
  if (["name", "by", "match", "model", "cause", "group", "from", "to"].includes(key)) return 0;
  return /^saved|avoidable/.test(key) ? 1 : 2;
}

function rowsOf(value: unknown): Row[] {
  if (Array.isArray(value)) return value.filter(isRecord);
  if (isRecord(value) && Object.values(value).some(isRecord)) return Object.entries(value).map(([name, row]) => ({ name, ...(isRecord(row) ? row : { value: row }) }));
  return [];
}

function cellOf(value: unknown): Cell {
  return value == null || typeof value === "number" || typeof value === "string" || typeof value === "boolean" ? value : JSON.stringify(value);
}

