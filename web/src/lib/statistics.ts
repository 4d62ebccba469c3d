export interface Statistics {
  least: number;
  most: number;
  mean: number;
}

/** Null where nothing was measured. */
export function statistics(values: readonly (number | null)[]): Statistics | null {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return null;
  return {
    least: known.reduce((least, value) => Math.min(least, value)),
    most: known.reduce((most, value) => Math.max(most, value)),
    mean: known.reduce((sum, value) => sum + value, 0) / known.length,
  };
}
