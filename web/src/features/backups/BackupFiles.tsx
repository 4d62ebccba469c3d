import { Button, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useDeferredValue, useMemo, useState } from "react";
import type { Schema } from "../../api/client";
import { DataTable } from "../../components/ui/DataTable";
import { formatBytes } from "../../lib/bytes";
import { printable } from "../../lib/printable";
import { partNames, backupPage as words } from "../../text/backups";
import classes from "./BackupFiles.module.css";
import { filesNamed } from "./files";

const FIRST = 50;
const MORE = 200;

/** What is in a backup, to be searched. */
export function BackupFiles({ files }: { files: readonly Schema["BackupFile"][] }) {
  const [needle, setNeedle] = useState("");
  const [count, setCount] = useState(FIRST);
  const sought = useDeferredValue(needle);
  const found = useMemo(() => filesNamed(files, sought), [files, sought]);
  const bytes = useMemo(() => files.reduce((sum, file) => sum + file.size_bytes, 0), [files]);
  if (files.length === 0) return <p className="quiet">{words.noFiles}</p>;
  return (
    <div className={classes.files}>
      <search className={classes.bar}>
        <TextInput
          type="search"
          className={classes.search}
          aria-label={words.filesSearch}
          placeholder={words.filesSearchHint}
          autoComplete="off"
          spellCheck={false}
          leftSection={<IconSearch size={16} stroke={1.8} aria-hidden="true" />}
          value={needle}
          onChange={(event) => {
            setNeedle(event.currentTarget.value);
            setCount(FIRST);
          }}
        />
        <span className="quiet tabular" role="status">
          {found.length < files.length
            ? words.filesFit(found.length, files.length)
            : words.filesCount(files.length, bytes)}
        </span>
      </search>
      {found.length === 0 ? (
        <p className="quiet">{words.noFile}</p>
      ) : (
        <DataTable label={words.filesTable} stacked>
          <thead>
            <tr>
              <th>{words.fileColumns.path}</th>
              <th>{words.fileColumns.part}</th>
              <th data-align="end">{words.fileColumns.size}</th>
              <th>{words.fileColumns.sha}</th>
            </tr>
          </thead>
          <tbody>
            {found.slice(0, count).map((file) => (
              <tr key={file.path}>
                <td data-width="fill" className={classes.path}>
                  <span>
                    <span className="mono">{printable(file.path)}</span>
                    {file.change && <span className={classes.change}>{words[file.change]}</span>}
                  </span>
                </td>
                <td data-label={words.fileColumns.part} className={classes.part}>
                  {partNames[file.part]}
                </td>
                <td data-label={words.fileColumns.size} data-align="end" className={classes.size}>
                  {formatBytes(file.size_bytes)}
                </td>
                <td data-label={words.fileColumns.sha}>
                  <span className="mono quiet" title={file.sha256}>
                    {file.sha256.slice(0, 12)}
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </DataTable>
      )}
      {found.length > count && (
        <Button variant="default" className={classes.more} onClick={() => setCount(count + MORE)}>
          {words.filesMore(Math.min(MORE, found.length - count))}
        </Button>
      )}
    </div>
  );
}
