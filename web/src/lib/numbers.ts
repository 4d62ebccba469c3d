const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** "4,852". */
export function formatNumber(value: number): string {
  return whole.format(value);
}

/** "1.2M", for figures that are compared, not counted. */
export function formatCompact(value: number): string {
  return compact.format(value);
}

/** "62 %". */
export function formatPercent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
