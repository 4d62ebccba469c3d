export const justNow = "just now";
export const never = "never";
export const ago = (count: number, unit: string) => `${count} ${unit} ago`;
export const inFuture = (count: number, unit: string) => `in ${count} ${unit}`;
export const durationParts = (parts: readonly (readonly [number, string])[]) =>
  parts.map(([count, unit]) => `${count} ${unit}`).join(" ");
export const zoneInput = {
  label: "Time zone",
  hint: "Such as Europe/Berlin. Changes of the clocks are followed.",
};
