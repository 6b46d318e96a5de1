// Rounding that adds up: the parts as shown sum to the whole as shown.

/** Rounds `parts` to `decimals` so that they sum to their rounded sum, by the largest remainder. */
export function roundedParts(parts: readonly (number | null)[], decimals = 2): (number | null)[] {
  const unit = 10 ** decimals;
  const scaled = parts.map((part) => (part === null ? null : part * unit));
  const whole = Math.round(scaled.reduce<number>((sum, part) => sum + (part ?? 0), 0));
  const floors = scaled.map((part) => (part === null ? null : Math.floor(part + 1e-9)));
  let missing = whole - floors.reduce<number>((sum, part) => sum + (part ?? 0), 0);
  const order = scaled
    .map((part, index) => ({ index, rest: part === null ? -1 : part - (floors[index] ?? 0) }))
    .filter(({ index }) => scaled[index] !== null)
    .sort((a, b) => b.rest - a.rest || a.index - b.index);
  for (const { index } of order) {
    if (missing <= 0) break;
    floors[index] = (floors[index] ?? 0) + 1;
    missing -= 1;
  }
  return floors.map((part) => (part === null ? null : part / unit));
}

/** Shares of the parts in their sum, rounded to `decimals` of a per cent, that add up to 100 %. */
export function roundedShares(parts: readonly (number | null)[], decimals = 1): (number | null)[] {
  const whole = parts.reduce<number>((sum, part) => sum + (part ?? 0), 0);
  if (whole === 0) return parts.map(() => null);
  return roundedParts(parts.map((part) => (part === null ? null : part / whole)), decimals + 2);
}
