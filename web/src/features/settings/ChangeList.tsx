import { settings as words } from "../../text/settings";
import classes from "./ChangeList.module.css";
import type { Change } from "./useSettingsForm";

/** "Keep runs for: 90 days → 30 days", one line each. */
export function ChangeList({ changes }: { changes: readonly Change[] }) {
  return (
    <ul className={classes.list}>
      {changes.map(({ field, before, now }) => (
        <li key={field.name}>{words.change(field.title, before, now)}</li>
      ))}
    </ul>
  );
}
