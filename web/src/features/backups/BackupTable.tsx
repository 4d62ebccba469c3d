import { ActionIcon, Button, Menu } from "@mantine/core";
import {
  IconCloudDownload,
  IconDots,
  IconDownload,
  IconNote,
  IconPin,
  IconPinnedOff,
  IconRestore,
  IconShieldCheck,
  IconTrash,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useRef } from "react";
import type { Schema } from "../../api/client";
import { DataTable } from "../../components/ui/DataTable";
import { StateMark } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { formatBytes } from "../../lib/bytes";
import { printable } from "../../lib/printable";
import { useNow } from "../../lib/time";
import { useCan } from "../../session/me";
import { backupKinds, backups as words } from "../../text/backups";
import { downloadAddress, useChangeBackup } from "./api/backup";
import classes from "./BackupTable.module.css";
import { canBeRestored, copyLines, lookOfBackup } from "./looks";
import { moment } from "./moment";
import type { BackupAct } from "./useBackupActs";

type Backup = Schema["BackupSummary"];

interface BackupTableProps {
  backups: readonly Backup[];
  onAct: (act: BackupAct, backup: Backup) => void;
  /** Which servers there are; without it all are of one. */
  servers?: ReadonlySet<string>;
}

/** Backups, one row each; a row opens its backup. */
export function BackupTable({ backups, onAct, servers }: BackupTableProps) {
  const now = useNow(60);
  return (
    <DataTable label={words.table} stacked>
      <thead>
        <tr>
          <th>{words.columns.made}</th>
          {servers && <th>{words.columns.server}</th>}
          <th>{words.columns.kind}</th>
          <th data-align="end">{words.columns.size}</th>
          <th>{words.columns.world}</th>
          <th>{words.columns.what}</th>
          <th>
            <span className="visually-hidden">{words.columns.actions}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {backups.map((backup) => (
          <Row key={backup.id} backup={backup} now={now} servers={servers} onAct={(act) => onAct(act, backup)} />
        ))}
      </tbody>
    </DataTable>
  );
}

interface RowProps {
  backup: Backup;
  now: number;
  servers: ReadonlySet<string> | undefined;
  onAct: (act: BackupAct) => void;
}

function Row({ backup, now, servers, onAct }: RowProps) {
  const when = moment(backup.made_at, now);
  const look = lookOfBackup(backup);
  return (
    <tr className={classes.row} data-tone={look.tone}>
      <td className={classes.made}>
        <Link
          to="/backups/$backupId"
          params={{ backupId: backup.id }}
          className={classes.link}
          aria-label={words.open(when)}
        >
          {when}
        </Link>
        <span className={classes.quiet}>
          <Time value={backup.made_at} focusable={false} />
        </span>
      </td>
      {servers && (
        <td className={classes.server}>
          <span className={classes.name} title={backup.server_name}>
            {printable(backup.server_name)}
          </span>
          {!servers.has(backup.server_id) && <span className={classes.quiet}>{words.serverGone}</span>}
        </td>
      )}
      <td className={classes.kind}>
        {backupKinds[backup.kind]}
        {backup.made_by && <span className={classes.quiet}>{words.by(printable(backup.made_by))}</span>}
      </td>
      <td data-align="end" className={classes.size}>
        {formatBytes(backup.size_bytes)}
      </td>
      <td className={classes.state}>
        <span className={classes.mark}>
          <StateMark tone={look.tone} label={look.label} quiet={look.tone === "ok"} />
          {look.problem === null && backup.verified_at && (
            <span className={classes.above}>
              <Time value={backup.verified_at} focusable={false} />
            </span>
          )}
        </span>
      </td>
      <td className={classes.what} data-width="fill">
        {(backup.pinned || backup.note) && (
          <span className={classes.note}>
            {backup.pinned && (
              <span className={classes.pin}>
                <IconPin size={14} stroke={2} aria-hidden="true" />
                {backup.note ? <span className="visually-hidden">{words.pinned}</span> : words.pinned}
              </span>
            )}
            {backup.note && <span className={classes.noteText}>{printable(backup.note)}</span>}
          </span>
        )}
        {look.problem && <span className={classes.problem}>{printable(look.problem)}</span>}
        <span className={classes.quiet}>{words.holds(backup.game_version, backup.mods)}</span>
        {copyLines(backup).map((line) => (
          <span key={line.text} className={classes.copy} data-tone={line.tone}>
            {printable(line.text)}
          </span>
        ))}
      </td>
      <td data-align="end" className={classes.actions}>
        <Actions backup={backup} when={when} onAct={onAct} />
      </td>
    </tr>
  );
}

const icon = { size: 16, stroke: 1.6, "aria-hidden": true } as const;

function Actions({ backup, when, onAct }: { backup: Backup; when: string; onAct: (act: BackupAct) => void }) {
  const can = useCan(backup.server_id);
  if (!can("operator")) return null;
  return (
    <div className={classes.buttons}>
      <Button
        size="xs"
        variant="default"
        disabled={!canBeRestored(backup)}
        aria-label={words.restoreThis(when)}
        leftSection={<IconRestore {...icon} size={14} />}
        onClick={() => onAct("restore")}
      >
        {words.restore}
      </Button>
      <BackupMenu backup={backup} when={when} onAct={onAct} />
    </div>
  );
}

interface BackupMenuProps {
  backup: Backup;
  when: string;
  onAct: (act: BackupAct) => void;
  /** Verifying and downloading have buttons of their own. */
  isShort?: boolean;
}

/** What else can be done with a backup. */
export function BackupMenu({ backup, when, onAct, isShort = false }: BackupMenuProps) {
  const button = useRef<HTMLButtonElement>(null);
  const change = useChangeBackup(backup.id);
  const ask = (act: BackupAct) => {
    // The menu goes; the dialog gives the focus back to what had it when it opened.
    button.current?.focus();
    onAct(act);
  };
  return (
    // It stays where it is when the table scrolls below it.
    <Menu position="bottom-end" width={220} hideDetached={false}>
      <Menu.Target>
        <ActionIcon ref={button} className={classes.menu} variant="subtle" color="gray" aria-label={words.more(when)}>
          <IconDots size={18} stroke={1.8} aria-hidden="true" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {!isShort && (
          <>
            <Menu.Item
              leftSection={<IconShieldCheck {...icon} />}
              disabled={!backup.is_there}
              onClick={() => ask("verify")}
            >
              {words.verify}
            </Menu.Item>
            <Menu.Item
              leftSection={<IconDownload {...icon} />}
              disabled={!backup.is_there}
              component="a"
              href={downloadAddress(backup.id)}
              download
            >
              {words.download}
            </Menu.Item>
          </>
        )}
        {!backup.is_there && canBeRestored(backup) && (
          <Menu.Item leftSection={<IconCloudDownload {...icon} />} onClick={() => ask("fetch")}>
            {words.fetch}
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconNote {...icon} />} onClick={() => ask("note")}>
          {words.note}
        </Menu.Item>
        <Menu.Item
          leftSection={backup.pinned ? <IconPinnedOff {...icon} /> : <IconPin {...icon} />}
          onClick={() => change.mutate({ pinned: !backup.pinned })}
        >
          {backup.pinned ? words.unpin : words.pin}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item color="var(--bad)" leftSection={<IconTrash {...icon} />} onClick={() => ask("delete")}>
          {words.delete}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
