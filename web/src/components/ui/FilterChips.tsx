import { IconX } from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import { filters as words } from "../../text/filters";
import classes from "./filters.module.css";

export interface FilterChip {
  id: string;
  /** What it filters by, and what for: "Side: Server". */
  label: string;
  onRemove: () => void;
}

/** The filters in force, each with its own way out. The focus stays among them when one goes. */
export function FilterChips({ chips, onClear }: { chips: readonly FilterChip[]; onClear: () => void }) {
  const box = useRef<HTMLDivElement>(null);
  const wasRemovedHere = useRef(false);
  const count = chips.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what matters is that there are fewer of them
  useEffect(() => {
    if (!wasRemovedHere.current) return;
    wasRemovedHere.current = false;
    (box.current?.querySelector("button") ?? box.current)?.focus();
  }, [count]);
  const leave = (remove: () => void) => {
    wasRemovedHere.current = true;
    remove();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for what is sent together
    <div ref={box} className={classes.chips} role="group" aria-label={words.inForce} tabIndex={-1}>
      {chips.map((chip) => (
        <button
          key={chip.id}
          type="button"
          className={classes.chip}
          aria-label={words.remove(chip.label)}
          onClick={() => leave(chip.onRemove)}
        >
          <span>{chip.label}</span>
          <IconX size={14} stroke={2} aria-hidden="true" />
        </button>
      ))}
      {count > 1 && (
        <button type="button" className={classes.clear} onClick={() => leave(onClear)}>
          {words.clearAll}
        </button>
      )}
    </div>
  );
}
