import { Checkbox, SegmentedControl } from "@mantine/core";
import type { Schema } from "../../api/client";
import { printable } from "../../lib/printable";
import { partNames, restore as words } from "../../text/backups";
import { FileChoice } from "./FileChoice";
import classes from "./Restore.module.css";
import type { RestoreChoice } from "./restoreChoice";

type Change = Schema["RestoreChange"];

interface RestoreWhatProps {
  backup: Schema["BackupSummary"];
  choice: RestoreChoice;
  /** What comes back with everything, part by part. */
  changes: readonly Change[];
  error: string | undefined;
  onChange: (changes: Partial<RestoreChoice>) => void;
}

/** Which parts come back, or which files alone. */
export function RestoreWhat({ backup, choice, changes, error, onChange }: RestoreWhatProps) {
  const toggle = (part: Change["part"]) =>
    onChange({
      without: choice.without.includes(part)
        ? choice.without.filter((other) => other !== part)
        : [...choice.without, part],
    });
  const isLast = (part: Change["part"]) =>
    !choice.without.includes(part) && choice.without.length === changes.length - 1;
  return (
    <div className={classes.what}>
      <SegmentedControl
        fullWidth
        aria-label={words.what}
        value={choice.what}
        onChange={(what) => onChange({ what: what === "files" ? what : "parts" })}
        data={[
          { value: "parts", label: words.whatParts },
          { value: "files", label: words.whatFiles },
        ]}
      />
      {choice.what === "parts" && (
        <ul className={classes.parts} aria-label={words.parts}>
          {changes.map((change) => (
            <li key={change.part} className={classes.part}>
              <Checkbox
                label={partNames[change.part]}
                checked={!choice.without.includes(change.part)}
                disabled={isLast(change.part)}
                onChange={() => toggle(change.part)}
              />
              <PartChange change={change} />
            </li>
          ))}
        </ul>
      )}
      {choice.what === "files" && (
        <FileChoice
          backupId={backup.id}
          chosen={choice.files}
          error={error}
          onChange={(files) => onChange({ files })}
        />
      )}
    </div>
  );
}

/** "12 files, 4.1 MB → 11 files, 4.0 MB", or that it stays as it is. */
function PartChange({ change }: { change: Change }) {
  const now = change.now ?? words.nothingThere;
  const then = change.then ?? words.nothingThere;
  return (
    <div className={classes.change}>
      {change.now === null ? (
        <span>{printable(then)}</span>
      ) : now === then ? (
        <span>{printable(then)}</span>
      ) : (
        <span>
          <span className="visually-hidden">{words.now}: </span>
          {printable(now)}
          <span aria-hidden="true"> → </span>
          <span className="visually-hidden">, {words.afterwards}: </span>
          <strong>{printable(then)}</strong>
        </span>
      )}
      {change.detail && <span className={classes.detail}>{printable(change.detail)}</span>}
    </div>
  );
}
