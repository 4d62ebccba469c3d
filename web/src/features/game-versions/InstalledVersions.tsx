import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { installedVersionsQuery, openInstallsQuery, useRemoveVersion } from "../../api/installedVersions";
import { serversQuery } from "../../api/servers";
import { RunProgress } from "../../components/runs/RunProgress";
import { RuntimeMissing } from "../../components/servers/RuntimeMissing";
import { ConfirmDialog } from "../../components/ui/ConfirmDialog";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { Panel, Section } from "../../components/ui/Page";
import { Time } from "../../components/ui/Time";
import { formatBytes } from "../../lib/bytes";
import { useCan } from "../../session/me";
import { installedVersions as words } from "../../text/gameVersions";
import { InstallArchive } from "./InstallArchive";
import classes from "./InstalledVersions.module.css";

type Installed = Schema["InstalledVersion"];

/** What lies on this machine, what is on its way, and what could go. */
export function InstalledVersions() {
  const installed = useQuery(installedVersionsQuery());
  const can = useCan();
  return (
    <Section title={words.title} actions={can("admin") && <InstallArchive />}>
      {installed.isPending && <LoadingState rows={3} />}
      {installed.isLoadingError && <ErrorState error={installed.error} onRetry={installed.refetch} />}
      <Installs />
      {installed.data && <InstalledList list={installed.data} />}
    </Section>
  );
}

/** Those that are being installed at this moment. */
function Installs() {
  const runs = useQuery(openInstallsQuery()).data?.items.filter((run) => run.ended_at === null) ?? [];
  return runs.map((run) => (
    <Panel key={run.id}>
      <div className={classes.install}>
        <RunProgress run={run} />
        <Link to="/runs/$runId" params={{ runId: run.id }} preload={false}>
          {words.showRun}
        </Link>
      </div>
    </Panel>
  ));
}

function InstalledList({ list }: { list: Schema["InstalledVersionList"] }) {
  const missing = list.items.filter((item) => item.runtime.is_there === false);
  const total = list.items.reduce((sum, item) => sum + item.size_bytes, 0);
  return (
    <>
      {missing.map((item) => (
        <RuntimeMissing key={item.version} installed={item} />
      ))}
      {list.items.length === 0 ? (
        <p className={classes.none}>{words.none}</p>
      ) : (
        <Panel inset={false}>
          <ul className={classes.rows} aria-label={words.title}>
            {list.items.map((item) => (
              <InstalledRow key={item.version} item={item} />
            ))}
          </ul>
        </Panel>
      )}
      <p className={classes.space}>{words.space(formatBytes(total), formatBytes(list.disk_free_bytes))}</p>
    </>
  );
}

function InstalledRow({ item }: { item: Installed }) {
  const can = useCan();
  return (
    <li className={classes.row}>
      <strong className={classes.version}>{item.version}</strong>
      <span className={classes.about}>
        <UsedBy ids={item.used_by} />
      </span>
      <span className={classes.size}>
        {formatBytes(item.size_bytes)}, <Time value={item.installed_at} />
      </span>
      {can("admin") && item.used_by.length === 0 && <RemoveVersion item={item} />}
    </li>
  );
}

function UsedBy({ ids }: { ids: readonly string[] }) {
  const servers = useQuery(serversQuery()).data?.items ?? [];
  if (ids.length === 0) return <span className="quiet">{words.unused}</span>;
  return (
    <>
      {words.usedBy}{" "}
      {ids.map((id, index) => (
        <span key={id}>
          {index > 0 && ", "}
          <Link to="/servers/$serverId" params={{ serverId: id }}>
            {servers.find((server) => server.id === id)?.name ?? id}
          </Link>
        </span>
      ))}
    </>
  );
}

function RemoveVersion({ item }: { item: Installed }) {
  const [asks, setAsks] = useState(false);
  const remove = useRemoveVersion();
  return (
    <>
      <Button
        variant="default"
        size="xs"
        aria-label={words.removeThis(item.version)}
        onClick={() => setAsks(true)}
        className={classes.remove}
      >
        {words.remove}
      </Button>
      <ConfirmDialog
        opened={asks}
        onClose={() => setAsks(false)}
        title={words.removeTitle(item.version)}
        confirmLabel={words.removeThis(item.version)}
        onConfirm={() => remove.mutateAsync(item.version)}
      >
        <p className={classes.text}>{words.removeLost(formatBytes(item.size_bytes))}</p>
      </ConfirmDialog>
    </>
  );
}
