// Geometry of charts over time. Pure.

export interface Line {
  label: string;
  /** The name of a colour variable, such as `--s1`. */
  color: string;
  values: readonly (number | null)[];
  dash?: number[];
}

/** The running sums of lines, so that each stands on those before it; null counts as nothing. */
export function stacked(lines: readonly Line[]): number[][] {
  const sums: number[] = [];
  return lines.map(({ values }) => values.map((value, index) => (sums[index] = (sums[index] ?? 0) + (value ?? 0))));
}

/** The colour and dash of the series at `index`; the others are grey. */
export function styleOf(index: number, isOther: boolean): { color: string; dash?: number[] } {
  const dashes = [undefined, [6, 3], [2, 2], [8, 3, 2, 3]];
  const dash = dashes[index % dashes.length];
  return { color: isOther ? "--other" : `--s${(index % 8) + 1}`, ...(dash === undefined ? {} : { dash }) };
}

/** A click isolates a name; with Ctrl it is added or taken out. Null: all are shown. */
export function pressed(shown: readonly string[] | null, all: readonly string[], name: string, adds: boolean): string[] | null {
  if (!adds) return shown?.length === 1 && shown[0] === name ? null : [name];
  const now = shown ?? all;
  const next = now.includes(name) ? now.filter((one) => one !== name) : [...now, name];
  return next.length === 0 || next.length === all.length ? null : next;
}
