import { Button } from "@mantine/core";
import type { Schema } from "../../api/client";
import { plan, serverMods as words } from "../../text/serverMods";
import classes from "./InstalledTab.module.css";
import { type Ask, changesOf, titleOf } from "./wishes";

type Mod = Schema["InstalledMod"];

interface SelectionBarProps {
  mods: readonly Mod[];
  onAsk: Ask;
  onClear: () => void;
}

/** What can be done with all that are selected at once. */
export function SelectionBar({ mods, onAsk, onClear }: SelectionBarProps) {
  const acts = [
    { action: "update", label: words.updates, mods: mods.filter((mod) => mod.update !== null) },
    { action: "enable", label: words.turnOn, mods: mods.filter((mod) => !mod.is_enabled) },
    { action: "disable", label: words.turnOff, mods: mods.filter((mod) => mod.is_enabled) },
    { action: "pin", label: plan.pin, mods: mods.filter((mod) => !mod.is_pinned) },
    { action: "remove", label: words.remove, mods },
  ] as const;
  return (
    <section className={classes.selection} aria-label={words.selected(mods.length)}>
      <strong role="status">{words.selected(mods.length)}</strong>
      {acts.map(({ action, label, mods: meant }) => {
        const changes = changesOf(action, meant);
        return (
          changes.length > 0 && (
            <Button
              key={action}
              size="xs"
              variant="default"
              color={action === "remove" ? "red" : undefined}
              onClick={() => onAsk(titleOf(action, meant), changes, onClear)}
            >
              {label}
            </Button>
          )
        );
      })}
      <button type="button" className={`text-button ${classes.clear}`} onClick={onClear}>
        {words.clearSelection}
      </button>
    </section>
  );
}
