// Cuts a log at the ends of its rows into batches. Works on bytes, so no character is ever split. Pure.

const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x22;

export interface CutterOptions {
  /** In CSV a line end between quotes belongs to the row. */
  isCsv: boolean;
  maxRows: number;
  maxBytes: number;
}

export interface Batch {
  bytes: Uint8Array<ArrayBuffer>;
  rows: number;
}

/** Takes pieces of a file and gives whole rows, at most `maxRows` and, but for one long row, `maxBytes` at a time. */
export class RowCutter {
  readonly #options: CutterOptions;
  #buffer = new Uint8Array(0);
  #scanned = 0;
  #end = 0; // of the last whole row
  #rows = 0;
  #isQuoted = false;
  #hasContent = false;
  #isFirst = true;
  #isFinished = false;

  constructor(options: CutterOptions) {
    this.#options = options;
  }

  push(piece: Uint8Array): void {
    let from = 0;
    if (this.#isFirst && this.#buffer.length === 0) {
      if (piece[0] === 0xef && piece[1] === 0xbb && piece[2] === 0xbf) from = 3;
      this.#isFirst = false;
    }
    const joined = new Uint8Array(this.#buffer.length + piece.length - from);
    joined.set(this.#buffer);
    joined.set(piece.subarray(from), this.#buffer.length);
    this.#buffer = joined;
  }

  /** Says that no more pieces come: the last row may lack its line end. */
  finish(): void {
    this.#isFinished = true;
  }

  /** The first row by itself, without its line end; undefined until it is whole. */
  takeHeader(): Uint8Array<ArrayBuffer> | undefined {
    const found = this.#cut(1, Number.POSITIVE_INFINITY) ?? (this.#isFinished ? this.#rest() : undefined);
    if (found === undefined) return undefined;
    let end = found.bytes.length;
    while (end > 0 && (found.bytes[end - 1] === LF || found.bytes[end - 1] === CR)) end -= 1;
    return found.bytes.slice(0, end);
  }

  /** A full batch; after `finish` what is left; undefined when there is nothing to give. */
  take(): Batch | undefined {
    return this.#cut(this.#options.maxRows, this.#options.maxBytes) ?? (this.#isFinished ? this.#rest() : undefined);
  }

  #cut(maxRows: number, maxBytes: number): Batch | undefined {
    const { isCsv } = this.#options;
    const buffer = this.#buffer;
    for (; this.#scanned < buffer.length; this.#scanned += 1) {
      const byte = buffer[this.#scanned];
      if (byte === QUOTE && isCsv) this.#isQuoted = !this.#isQuoted;
      if (byte === LF && !this.#isQuoted) {
        const end = this.#scanned + 1;
        if (this.#hasContent && this.#end > 0 && end > maxBytes) return this.#give(this.#end, this.#rows);
        if (this.#hasContent) this.#rows += 1;
        this.#end = end;
        this.#hasContent = false;
        if (this.#rows >= maxRows) {
          this.#scanned = end;
          return this.#give(end, this.#rows);
        }
      } else if (byte !== CR && byte !== LF) this.#hasContent = true;
    }
    return undefined;
  }

  #rest(): Batch | undefined {
    const rows = this.#rows + (this.#hasContent ? 1 : 0);
    this.#scanned = this.#buffer.length;
    const given = this.#give(this.#buffer.length, rows);
    return rows === 0 ? undefined : given;
  }

  /** Gives the first `end` bytes; scanning goes on behind them. */
  #give(end: number, rows: number): Batch {
    const bytes = this.#buffer.slice(0, end);
    this.#buffer = this.#buffer.slice(end);
    this.#scanned = 0;
    this.#end = 0;
    this.#rows = 0;
    this.#isQuoted = false;
    this.#hasContent = false;
    return { bytes, rows };
  }
}

export interface Row {
  /** The number of its first line, from 1. */
  line: number;
  text: string;
}

/** How many line ends there are. */
export function lineEnds(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) count += 1;
  return count;
}

/** The rows of a batch as text, empty ones left out. */
export function rowsOf(bytes: Uint8Array, isCsv: boolean): Row[] {
  const text = new TextDecoder().decode(bytes);
  const rows: Row[] = [];
  let start = 0;
  let line = 1;
  let next = 1;
  let isQuoted = false;
  for (let at = 0; at <= text.length; at += 1) {
    const sign = text[at];
    if (sign === '"' && isCsv) isQuoted = !isQuoted;
    if (sign === "\n") next += 1;
    if (at === text.length || (sign === "\n" && !isQuoted)) {
      const row = text.slice(start, at).replace(/\r$/, "");
      if (row !== "") rows.push({ line, text: row });
      start = at + 1;
      line = next;
    }
  }
  return rows;
}

/** The fields of one CSV row by RFC 4180. */
export function fieldsOf(row: string): string[] {
  const fields: string[] = [];
  let field = "";
  let isQuoted = false;
  for (let at = 0; at < row.length; at += 1) {
    const sign = row[at];
    if (isQuoted) {
      if (sign !== '"') field += sign;
      else if (row[at + 1] === '"') {
        field += '"';
        at += 1;
      } else isQuoted = false;
    } else if (sign === '"') isQuoted = true;
    else if (sign === ",") {
      fields.push(field);
      field = "";
    } else field += sign;
  }
  return [...fields, field];
}
