import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { type ConfigFile, configVersionsQuery } from "../../api/serverConfig";
import { EmptyState } from "../../components/ui/EmptyState";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { StateMark } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { printable } from "../../lib/printable";
import { exactTime } from "../../lib/time";
import { configVersions as words } from "../../text/serverConfig";
import configClasses from "./Config.module.css";
import { ConfigFilePage } from "./ConfigFilePage";
import { Differences } from "./Differences";
import { VersionDialog } from "./VersionDialog";
import classes from "./Versions.module.css";

type Version = Schema["ConfigVersion"];

const route = getRouteApi("/frame/servers/$serverId/config/versions");

/** What the files were before, who changed them and what, with a way back. */
export default function VersionsTab({ server }: { server: Schema["ServerDetails"] }) {
  const { file = "serverconfig" } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <ConfigFilePage
      serverId={server.id}
      lead={words.lead}
      file={file}
      onChoose={(search) => void navigate({ search, replace: true, resetScroll: false })}
    >
      <Versions key={file} serverId={server.id} file={file} />
    </ConfigFilePage>
  );
}

function Versions({ serverId, file }: { serverId: string; file: ConfigFile }) {
  const versions = useInfiniteQuery(configVersionsQuery(serverId, file));
  const [open, setOpen] = useState<Version | null>(null);
  if (versions.isPending) return <LoadingState rows={12} />;
  if (versions.isLoadingError) return <ErrorState error={versions.error} onRetry={versions.refetch} />;
  const items = versions.data.pages.flatMap((page) => page.items);
  if (items.length === 0) return <EmptyState title={words.empty}>{words.emptyText}</EmptyState>;
  return (
    <>
      <ol className={classes.versions} aria-label={words.list}>
        {items.map((version) => (
          <li key={version.id}>
            <VersionItem version={version} onOpen={() => setOpen(version)} />
          </li>
        ))}
      </ol>
      {versions.hasNextPage && (
        <Button
          variant="default"
          className={classes.older}
          loading={versions.isFetchingNextPage}
          onClick={() => void versions.fetchNextPage()}
        >
          {words.older}
        </Button>
      )}
      <VersionDialog serverId={serverId} file={file} version={open} onClose={() => setOpen(null)} />
    </>
  );
}

function VersionItem({ version, onOpen }: { version: Version; onOpen: () => void }) {
  const when = exactTime(Date.parse(version.at));
  const more = version.changes_total - version.changes.length;
  return (
    <div className={classes.version}>
      <div className={classes.head}>
        <span>
          <strong>{printable(words.cause[version.cause](version.actor))}</strong> <Time value={version.at} />
        </span>
        {version.is_current ? (
          <StateMark tone="ok" label={words.current} quiet />
        ) : (
          <Button size="xs" variant="default" aria-label={words.lookOf(when)} onClick={onOpen}>
            {words.look}
          </Button>
        )}
      </div>
      {version.changes.length > 0 ? (
        <Differences label={words.differences} differences={version.changes} />
      ) : (
        <p className={configClasses.lead}>{words.first}</p>
      )}
      {more > 0 && <p className={configClasses.lead}>{words.more(more)}</p>}
    </div>
  );
}
