import { NativeSelect } from "@mantine/core";
import type { Schema } from "../../api/client";
import { Time } from "../../components/ui/Time";
import { clockTime } from "../../lib/time";
import { serverLogs as words } from "../../text/serverLogs";
import classes from "./LogsTab.module.css";

type File = Schema["LogFile"];

interface FileListProps {
  files: readonly File[];
  chosen: string;
  onChoose: (name: string) => void;
}

/** The files of now, then those that each start moved into the archive. A list where there is room, else a field. */
export function FileList({ files, chosen, onChoose }: FileListProps) {
  const groups = inGroups(files);
  const isListed = files.some((file) => file.name === chosen);
  return (
    <>
      <nav className={classes.files} aria-label={words.files}>
        {groups.map((group) => (
          <section key={group.folder}>
            <h2 className={classes.folder}>{group.label}</h2>
            <ul className={classes.list}>
              {group.files.map((file) => (
                <li key={file.name}>
                  <button
                    type="button"
                    className={classes.file}
                    aria-current={file.name === chosen ? "true" : undefined}
                    onClick={() => onChoose(file.name)}
                  >
                    <span className={classes.fileName}>{shortName(file)}</span>
                    <span className={classes.fileFacts}>
                      {words.size(file.size_bytes)} · <Time value={file.modified_at} focusable={false} />
                    </span>
                  </button>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </nav>
      <NativeSelect
        className={classes.choice}
        aria-label={words.file}
        value={chosen}
        onChange={(event) => onChoose(event.currentTarget.value)}
      >
        {!isListed && <option value={chosen}>{chosen}</option>}
        {groups.map((group) => (
          <optgroup key={group.folder} label={group.label}>
            {group.files.map((file) => (
              <option key={file.name} value={file.name}>
                {shortName(file)} ({words.size(file.size_bytes)})
              </option>
            ))}
          </optgroup>
        ))}
      </NativeSelect>
    </>
  );
}

interface Group {
  folder: string;
  label: string;
  files: File[];
}

function inGroups(files: readonly File[]): Group[] {
  const groups = new Map<string, Group>();
  for (const file of files) {
    const folder = file.name.slice(0, Math.max(0, file.name.lastIndexOf("/")));
    const group = groups.get(folder) ?? { folder, label: labelOf(folder), files: [] };
    group.files.push(file);
    groups.set(folder, group);
  }
  const folders = [...groups.values()].sort((one, other) => compareFolders(one.folder, other.folder));
  for (const group of folders) group.files.sort((one, other) => rank(one) - rank(other));
  return folders;
}

/** Those of now first, then the newest archive. */
function compareFolders(one: string, other: string): number {
  if (one === "" || other === "") return one === other ? 0 : one === "" ? -1 : 1;
  return other.localeCompare(one);
}

/** The newest stays first among those of a kind. */
const rank = (file: File) => (shortName(file).startsWith("server-main") ? 0 : 1);
const shortName = (file: File) => file.name.slice(file.name.lastIndexOf("/") + 1);

/** The game names a folder of its archive after the start that filled it, in its host's time. */
function labelOf(folder: string): string {
  if (folder === "") return words.current;
  const found = /(\d{4})-(\d{2})-(\d{2})_(\d{2})_(\d{2})_(\d{2})$/.exec(folder);
  if (!found) return words.otherArchive(folder.slice(folder.lastIndexOf("/") + 1));
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0] = found.slice(1).map(Number);
  return words.archiveOf(clockTime(new Date(year, month - 1, day, hour, minute).getTime(), 0));
}
