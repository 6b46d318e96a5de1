/** Sums neighbours so that at most `most` points are left. */
export function thinned(values: readonly (number | null)[], most: number): number[] {
  const size = Math.max(1, Math.ceil(values.length / most));
  const sums: number[] = [];
  for (let at = 0; at < values.length; at += size) sums.push(values.slice(at, at + size).reduce<number>((sum, value) => sum + (value ?? 0), 0));
  return sums;
}
