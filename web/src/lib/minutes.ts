/** "30, 10, 5, 1" as numbers; NaN for what is none. */
export function readMinutes(text: string): number[] {
  const parts = text.split(/[,;\s]+/).filter((part) => part !== "");
  return parts.map((part) => (/^\d+$/.test(part) ? Number(part) : Number.NaN));
}

const MOST = 240;

/** Whether each can be a warning so long before. */
export const areWarnings = (minutes: readonly number[]): boolean =>
  minutes.every((count) => count >= 1 && count <= MOST) && minutes.length <= 20;
