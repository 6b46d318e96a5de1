// What a file is, from its first bytes: format, columns, first rows. Pure.
import columns from "./columns.json";
import { fieldsOf, rowsOf } from "./cutter.ts";

export type Format = "csv" | "jsonl" | "azure" | "mooncake";

export interface Preview {
  format: Format;
  names: string[];
  recognised: string[];
  /** Columns that the service does not know; rows that have them may be rejected. */
  unknown: string[];
  missing: { column: string; adds: string }[];
  rows: Record<string, string>[];
}

const KNOWN: Readonly<Record<string, string>> = columns;
const AZURE = ["TIMESTAMP", "ContextTokens", "GeneratedTokens"];
const MOONCAKE = ["timestamp", "input_length", "output_length", "hash_ids"];
const SHOWN = 20;

/** Reads the head of a file; a text says why it is none that can be read. */
export function previewOf(bytes: Uint8Array, isWhole: boolean): Preview | string {
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
  const isCsv = String.fromCharCode(start.find((byte) => byte > 0x20) ?? 0) !== "{";
  const lines = rowsOf(start, isCsv).map(({ text }) => text);
  if (!isWhole && lines.length > 1) lines.pop();
  if (lines.length === 0) return "The file is empty.";
  return isCsv ? fromCsv(lines) : fromLines(lines);
}

function fromCsv(lines: string[]): Preview | string {
  const names = fieldsOf(lines[0] ?? "").map((name) => name.trim());
  const isAzure = AZURE.every((name) => names.includes(name));
  if (!isAzure && !names.includes("timestamp")) return "The first line names no column `timestamp`: this is neither a CSV log nor JSON Lines.";
  const rows = lines.slice(1, SHOWN + 1).map((line) => {
    const fields = fieldsOf(line);
    return Object.fromEntries(names.map((name, index) => [name, fields[index] ?? ""]));
  });
  return made(isAzure ? "azure" : "csv", names, rows, isAzure ? AZURE : Object.keys(KNOWN));
}

function fromLines(lines: string[]): Preview | string {
  const names = new Set<string>();
  const rows: Record<string, string>[] = [];
  for (const line of lines.slice(0, 200)) {
    let row: unknown;
    try {
      row = JSON.parse(line);
    } catch {
      if (rows.length === 0) return "The first line is not a JSON object: this is not JSON Lines.";
      continue;
    }
    if (typeof row !== "object" || row === null) return "A line is not a JSON object: this is not JSON Lines.";
    for (const name of Object.keys(row)) names.add(name);
    if (rows.length < SHOWN) rows.push(Object.fromEntries(Object.entries(row).map(([name, value]) => [name, shown(value)])));
  }
  const isMooncake = ["input_length", "output_length"].every((name) => names.has(name));
  return made(isMooncake ? "mooncake" : "jsonl", [...names], rows, isMooncake ? MOONCAKE : Object.keys(KNOWN));
}

function made(format: Format, names: string[], rows: Record<string, string>[], known: readonly string[]): Preview {
  const recognised = names.filter((name) => known.includes(name));
  const has: readonly string[] = format === "azure" ? ["timestamp", "model", "input_tokens", "output_tokens"] : format === "mooncake" ? ["timestamp", "model", "input_tokens", "output_tokens", "prefix_hashes"] : names;
  const missing = Object.entries(KNOWN).filter(([name]) => !has.includes(name)).map(([column, adds]) => ({ column, adds }));
  return { format, names, recognised, unknown: names.filter((name) => !known.includes(name)), missing, rows };
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return `${value.length} values`;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
