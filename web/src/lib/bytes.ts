const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** "1.4 GB", "380 MB": as the game counts, 1 MB being 1024 × 1024 bytes. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = value < 10 && unit > 1 ? 1 : 0;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}
