import { useLocalStorage, useMediaQuery } from "@mantine/hooks";

/** The rail shows icons only where there is little room, unless the user wants it otherwise. */
export function useRail(): { isNarrow: boolean; toggle: () => void } {
  const hasLittleRoom = useMediaQuery("(max-width: 74.99em)", undefined, { getInitialValueInEffect: false }) ?? false;
  const [choice, setChoice] = useLocalStorage<"narrow" | "wide" | "auto">({
    key: "vsmanager-rail",
    defaultValue: "auto",
    getInitialValueInEffect: false,
  });
  const isNarrow = choice === "auto" ? hasLittleRoom : choice === "narrow";
  return { isNarrow, toggle: () => setChoice(isNarrow ? "wide" : "narrow") };
}
