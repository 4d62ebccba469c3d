import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { EmptyState } from "../../components/ui/EmptyState";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { StateMark, type Tone } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { printable } from "../../lib/printable";
import { useNow } from "../../lib/time";
import { restores as words } from "../../text/backups";
import { restoresQuery } from "./api/restore";
import { ServerBackupsNav } from "./BackupsNav";
import tabClasses from "./BackupsTab.module.css";
import { moment } from "./moment";
import classes from "./RestoresTab.module.css";

type Restore = Schema["RestoreRecord"];

/** What was put back on a server, and what came of it. */
export default function RestoresTab({ server }: { server: Schema["ServerDetails"] }) {
  const restores = useQuery(restoresQuery(server.id));
  const items = restores.data?.items ?? [];
  return (
    <div className={tabClasses.tab}>
      <ServerBackupsNav serverId={server.id} />
      {restores.isPending && <LoadingState rows={6} />}
      {restores.isLoadingError && <ErrorState error={restores.error} onRetry={restores.refetch} />}
      {restores.data && items.length === 0 && <EmptyState title={words.emptyTitle}>{words.emptyText}</EmptyState>}
      {items.length > 0 && (
        <>
          <p className={tabClasses.hint}>{words.wayBack}</p>
          <ol className={classes.restores}>
            {items.map((restore) => (
              <RestoreItem key={restore.id} restore={restore} />
            ))}
          </ol>
        </>
      )}
    </div>
  );
}

const tones: Record<NonNullable<Restore["outcome"]>, Tone> = { restored: "ok", put_back: "warn", failed: "bad" };

function RestoreItem({ restore }: { restore: Restore }) {
  const { outcome } = restore;
  return (
    <li className={classes.restore}>
      <div className={classes.head}>
        <StateMark tone={outcome ? tones[outcome] : "busy"} label={outcome ? words.outcome[outcome] : words.going} />
        <span>
          <BackupName restore={restore} />
        </span>
      </div>
      {restore.text && <p className={classes.text}>{printable(restore.text)}</p>}
      <p className={classes.facts}>
        <Time value={restore.started_at} />
        <span>{words.by(restore.actor)}</span>
        {restore.present_backup_id && (
          <Link to="/backups/$backupId" params={{ backupId: restore.present_backup_id }}>
            {words.before}
          </Link>
        )}
        {restore.run_id && (
          <Link to="/runs/$runId" params={{ runId: restore.run_id }} preload={false}>
            {words.showRun}
          </Link>
        )}
      </p>
    </li>
  );
}

/** Which backup that was, as long as it is known. */
function BackupName({ restore }: { restore: Restore }) {
  const now = useNow(60);
  if (restore.backup_made_at === null) return words.aBackup;
  return (
    <Link to="/backups/$backupId" params={{ backupId: restore.backup_id }}>
      {words.backupOf(moment(restore.backup_made_at, now))}
    </Link>
  );
}
