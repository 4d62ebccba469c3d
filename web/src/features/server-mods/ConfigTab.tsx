import { TextInput } from "@mantine/core";
import { IconArrowLeft, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { EmptyState } from "../../components/ui/EmptyState";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { StateMark } from "../../components/ui/StateMark";
import { formatBytes } from "../../lib/bytes";
import { printable } from "../../lib/printable";
import { modConfig as words } from "../../text/serverMods";
import { configFilesQuery } from "./api/modConfig";
import { ConfigEditor } from "./ConfigEditor";
import classes from "./ConfigTab.module.css";
import { ModsNav } from "./ModsNav";

type Server = Schema["ServerDetails"];
type File = Schema["ModConfigFile"];

const SEARCH_FROM = 8;

/** The files that mods keep their settings in. */
export default function ConfigTab({ server }: { server: Server }) {
  const { file } = useSearch({ from: "/frame/servers/$serverId/mods/config" });
  const files = useQuery(configFilesQuery(server.id));
  const items = files.data?.items ?? [];
  return (
    <div className={classes.tab}>
      <ModsNav serverId={server.id} />
      <p className={classes.lead}>{words.lead}</p>
      {files.isPending && <LoadingState rows={10} />}
      {files.isLoadingError && <ErrorState error={files.error} onRetry={files.refetch} />}
      {files.data && items.length === 0 && <EmptyState title={words.empty}>{words.emptyText}</EmptyState>}
      {items.length > 0 && (
        <div className={classes.columns} data-open={file !== undefined || undefined}>
          <Files serverId={server.id} files={items} />
          <div className={classes.editor}>
            {file === undefined ? (
              <p className={classes.lead}>{words.choose}</p>
            ) : (
              <>
                <Link
                  to="/servers/$serverId/mods/config"
                  params={{ serverId: server.id }}
                  className={classes.back}
                  resetScroll={false}
                >
                  <IconArrowLeft size={16} stroke={1.8} aria-hidden="true" />
                  {words.back}
                </Link>
                <ConfigEditor key={file} server={server} path={file} />
              </>
            )}
          </div>
        </div>
      )}
    </div>
  );
}

function Files({ serverId, files }: { serverId: string; files: readonly File[] }) {
  const [needle, setNeedle] = useState("");
  const sought = needle.trim().toLocaleLowerCase();
  const shown = files.filter((file) => `${file.path} ${file.modid ?? ""}`.toLocaleLowerCase().includes(sought));
  return (
    <nav className={classes.files} aria-label={words.list}>
      {files.length >= SEARCH_FROM && (
        <TextInput
          type="search"
          aria-label={words.search}
          placeholder={words.search}
          leftSection={<IconSearch size={16} stroke={1.8} aria-hidden="true" />}
          value={needle}
          onChange={(event) => setNeedle(event.currentTarget.value)}
        />
      )}
      <ul>
        {shown.map((file) => (
          <li key={file.path}>
            <FileLink serverId={serverId} file={file} />
          </li>
        ))}
      </ul>
    </nav>
  );
}

function FileLink({ serverId, file }: { serverId: string; file: File }) {
  const about = (
    <>
      <span className={classes.path}>{printable(file.path)}</span>
      <span className={classes.about}>
        {file.modid && <span>{words.belongs(printable(file.modid))}</span>}
        <span className="tabular">{formatBytes(file.size_bytes)}</span>
        {!file.is_text && <span>{words.notText}</span>}
        {file.problem !== null && <StateMark tone="warn" label={words.broken} />}
      </span>
    </>
  );
  if (!file.is_text) return <span className={classes.link}>{about}</span>;
  return (
    <Link
      to="/servers/$serverId/mods/config"
      params={{ serverId }}
      search={{ file: file.path }}
      className={classes.link}
      activeOptions={{ includeSearch: true }}
      preload={false}
      resetScroll={false}
    >
      {about}
    </Link>
  );
}
