// The columns of a table, and its order. Pure.
import type { Cell } from "../files.ts";

export interface Column<R> {
  id: string;
  title: string;
  /** The raw value: sorted by, and written to CSV and JSON. */
  value: (row: R) => Cell;
  /** What is shown; the value where it is left out. */
  text?: (row: R, index: number) => string;
  /** The exact value on hover. */
  hint?: (row: R) => string;
  /** Numbers stand at the end, so that digits align. */
  isNumber?: boolean;
  /** What the totals row shows. */
  total?: string;
  isSortable?: boolean;
  /** A share from 0 to 1 that is drawn as a bar behind the text. */
  bar?: (row: R) => number | null;
}

export interface Sort {
  id: string;
  isDown: boolean;
}

/** `-usd` is by `usd`, the largest first. */
export function sortOf(text: string | undefined): Sort | null {
  return text === undefined || text === "" ? null : text.startsWith("-") ? { id: text.slice(1), isDown: true } : { id: text, isDown: false };
}

export function textOf(sort: Sort | null): string {
  return sort === null ? "" : `${sort.isDown ? "-" : ""}${sort.id}`;
}

/** A click on a column's head: numbers begin with the largest, a second click turns the order round. */
export function nextSort<R>(column: Column<R>, now: Sort | null): Sort {
  if (now?.id === column.id) return { id: column.id, isDown: !now.isDown };
  return { id: column.id, isDown: column.isNumber === true };
}

/** The rows in order; unknown values last, equal ones as they came. */
export function sorted<R>(rows: readonly R[], columns: readonly Column<R>[], sort: Sort | null): R[] {
  const column = columns.find(({ id }) => id === sort?.id);
  if (column === undefined || sort === null) return [...rows];
  const sign = sort.isDown ? -1 : 1;
  return rows
    .map((row, at) => ({ row, at, value: column.value(row) }))
    .sort((a, b) => {
      if (a.value == null || b.value == null) return a.value == null ? (b.value == null ? a.at - b.at : 1) : -1;
      const order = typeof a.value === "string" ? a.value.localeCompare(String(b.value)) : Number(a.value) - Number(b.value);
      return sign * order || a.at - b.at;
    })
    .map(({ row }) => row);
}
