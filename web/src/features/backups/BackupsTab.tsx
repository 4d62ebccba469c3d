import { useNavigate, useSearch } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { EmptyState } from "../../components/ui/EmptyState";
import { useCan, useRole } from "../../session/me";
import { backups as words } from "../../text/backups";
import { BackupList } from "./BackupList";
import { ServerBackupsNav } from "./BackupsNav";
import classes from "./BackupsTab.module.css";
import { ImportBackup } from "./ImportBackup";
import { MakeBackup } from "./MakeBackup";
import { Safety } from "./Safety";
import type { BackupsSearch } from "./search";

type Server = Schema["ServerDetails"];

/** Whether the world of a server is safe, and every backup that there is of it. */
export default function BackupsTab({ server }: { server: Server }) {
  const search = useSearch({ from: "/frame/servers/$serverId/backups" });
  const navigate = useNavigate({ from: "/servers/$serverId/backups" });
  const can = useCan();
  const role = useRole();
  const change = (next: BackupsSearch) => void navigate({ search: next, replace: true, resetScroll: false });
  return (
    <div className={classes.tab}>
      <ServerBackupsNav serverId={server.id} />
      <Safety
        serverId={server.id}
        actions={
          can("operator") && (
            <>
              <ImportBackup server={server} />
              <MakeBackup server={server} />
            </>
          )
        }
      />
      <BackupList
        search={search}
        onSearch={change}
        serverId={server.id}
        empty={<EmptyState title={words.emptyTitle}>{words.emptyText}</EmptyState>}
      />
      {!can("operator") && <p className={classes.hint}>{words.viewerHint(role)}</p>}
    </div>
  );
}
