import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { type CSSProperties, useRef } from "react";
import type { Schema } from "../../api/client";
import { EmptyState } from "../../components/ui/EmptyState";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { useFullHeight } from "../../lib/useFullHeight";
import { serverLogs as words } from "../../text/serverLogs";
import { logFilesQuery } from "./api/logs";
import { FileList } from "./FileList";
import classes from "./LogsTab.module.css";
import { LogView } from "./LogView";
import type { LogsSearch } from "./search";

const route = getRouteApi("/frame/servers/$serverId/logs");
/** The game begins another one after very many lines: `server-main-2.log`. */
const MAIN_FILE = /^server-main(-\d+)?\.(log|txt)$/;

export default function LogsTab({ server }: { server: Schema["ServerDetails"] }) {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/servers/$serverId/logs" });
  const frame = useRef<HTMLDivElement>(null);
  const height = useFullHeight(frame);
  const list = useQuery(logFilesQuery(server.id));
  const change = (next: Partial<LogsSearch>) =>
    void navigate({ search: (known) => ({ ...known, ...next }), replace: true });
  if (list.isPending) return <LoadingState rows={10} />;
  if (list.isLoadingError) return <ErrorState error={list.error} onRetry={list.refetch} />;
  const files = list.data.items;
  const name = search.file ?? (files.find((file) => MAIN_FILE.test(file.name)) ?? files[0])?.name;
  if (name === undefined) return <EmptyState title={words.emptyTitle}>{words.emptyText}</EmptyState>;
  return (
    <div ref={frame} className={classes.logs} style={{ "--logs-height": height && `${height}px` } as CSSProperties}>
      <FileList files={files} chosen={name} onChoose={(file) => change({ file })} />
      <LogView
        key={name}
        serverId={server.id}
        name={name}
        search={search}
        onChange={change}
        onNewest={() => {
          change({ file: undefined });
          void list.refetch();
        }}
      />
    </div>
  );
}
