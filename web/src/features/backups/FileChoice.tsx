import { Checkbox, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useMemo, useState } from "react";
import type { Schema } from "../../api/client";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { formatBytes } from "../../lib/bytes";
import { printable } from "../../lib/printable";
import { backupPage, restore as words } from "../../text/backups";
import { backupQuery } from "./api/backup";
import { filesNamed } from "./files";
import classes from "./Restore.module.css";

const SHOWN = 60;

interface FileChoiceProps {
  backupId: string;
  chosen: readonly string[];
  error: string | undefined;
  onChange: (files: string[]) => void;
}

/** Single files of a backup, found by their names. What is chosen stays in sight. */
export function FileChoice({ backupId, chosen, error, onChange }: FileChoiceProps) {
  const [needle, setNeedle] = useState("");
  const sought = useDeferredValue(needle);
  const backup = useQuery(backupQuery(backupId));
  const usable = useMemo(
    () => (backup.data?.files ?? []).filter((file) => file.part !== "mods" && file.change !== "vanished"),
    [backup.data],
  );
  const found = useMemo(() => {
    const fitting = filesNamed(usable, sought);
    return [
      ...usable.filter((file) => chosen.includes(file.path)),
      ...fitting.filter((file) => !chosen.includes(file.path)),
    ];
  }, [usable, sought, chosen]);
  if (backup.isPending) return <LoadingState rows={5} />;
  if (backup.isLoadingError) return <ErrorState error={backup.error} onRetry={backup.refetch} />;
  const toggle = (file: Schema["BackupFile"]) =>
    onChange(chosen.includes(file.path) ? chosen.filter((path) => path !== file.path) : [...chosen, file.path]);
  const shown = found.slice(0, Math.max(SHOWN, chosen.length));
  return (
    <div className={classes.what}>
      <TextInput
        type="search"
        aria-label={backupPage.filesSearch}
        placeholder={backupPage.filesSearchHint}
        autoComplete="off"
        spellCheck={false}
        leftSection={<IconSearch size={16} stroke={1.8} aria-hidden="true" />}
        value={needle}
        onChange={(event) => setNeedle(event.currentTarget.value)}
      />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable with the keyboard */}
      <section className={classes.files} aria-label={words.chooseFiles} tabIndex={0}>
        <ul className={classes.parts}>
          {shown.map((file) => (
            <li key={file.path} className={classes.file}>
              <Checkbox
                label={<span className={classes.path}>{printable(file.path)}</span>}
                checked={chosen.includes(file.path)}
                onChange={() => toggle(file)}
              />
              <span className="quiet tabular">{formatBytes(file.size_bytes)}</span>
            </li>
          ))}
        </ul>
        {found.length === 0 && <p className={classes.room}>{backupPage.noFile}</p>}
        {found.length > shown.length && <p className={classes.room}>{words.filesMore(found.length - shown.length)}</p>}
      </section>
      <p className={classes.room} role="status">
        {chosen.length === 0 && error ? error : words.filesChosen(chosen.length)} {words.filesHint}
      </p>
    </div>
  );
}
