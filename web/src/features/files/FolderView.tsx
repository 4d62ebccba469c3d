import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type CSSProperties, useMemo, useRef, useState } from "react";
import type { Schema } from "../../api/client";
import { EmptyState } from "../../components/ui/EmptyState";
import { ErrorState } from "../../components/ui/ErrorState";
import { FileChooser } from "../../components/ui/FileChooser";
import { LoadingState } from "../../components/ui/LoadingState";
import { SearchBox } from "../../components/ui/SearchBox";
import { useFullHeight } from "../../lib/useFullHeight";
import { files as words } from "../../text/files";
import { folderQuery } from "./api/files";
import { DeleteFound } from "./DeleteFound";
import { FileTable } from "./FileTable";
import classes from "./files.module.css";
import { NameDialog } from "./NameDialog";
import { Note } from "./Note";
import { named, type Order, sorted } from "./sorting";
import { UploadList } from "./UploadList";
import { useFileUploads } from "./useFileUploads";
import { Way } from "./Way";

type Server = Schema["ServerDetails"];

export function FolderView({ server, path }: { server: Server; path: string }) {
  const folder = useQuery(folderQuery(server.id, path));
  if (folder.isPending) return <LoadingState rows={12} />;
  if (folder.isLoadingError || !folder.data) {
    return (
      <div className={classes.tab}>
        <Way serverId={server.id} path={path} />
        <ErrorState error={folder.error} onRetry={folder.refetch} />
      </div>
    );
  }
  return <Folder server={server} folder={folder.data} />;
}

function Folder({ server, folder }: { server: Server; folder: Schema["FolderView"] }) {
  const navigate = useNavigate();
  const { path } = folder;
  const [order, setOrder] = useState<Order>({ by: "name", isDown: false });
  const [sought, setSought] = useState("");
  const [making, setMaking] = useState<"folder" | "file" | null>(null);
  const uploads = useFileUploads(server.id, folder);
  const frame = useRef<HTMLDivElement>(null);
  const height = useFullHeight(frame);
  const entries = useMemo(() => named(sorted(folder.entries, order), sought), [folder.entries, order, sought]);
  const size = useMemo(() => folder.entries.reduce((sum, entry) => sum + entry.size_bytes, 0), [folder.entries]);
  return (
    <div className={classes.tab} {...uploads.dropTarget}>
      <div className={classes.bar}>
        <Way serverId={server.id} path={path} />
        <div className={classes.acts}>
          <Link
            to="/servers/$serverId/files"
            params={{ serverId: server.id }}
            search={{ trash: true }}
            className={classes.aside}
          >
            {words.trash}
          </Link>
          {!folder.is_locked && (
            <>
              <Button variant="default" onClick={() => setMaking("folder")}>
                {words.newFolder}
              </Button>
              <Button variant="default" onClick={() => setMaking("file")}>
                {words.newFile}
              </Button>
              <FileChooser multiple onChange={(chosen) => uploads.take(chosen)}>
                {(props) => <Button {...props}>{words.upload}</Button>}
              </FileChooser>
            </>
          )}
        </div>
      </div>
      <Note serverId={server.id} text={folder.note} where={folder.where} isLocked={folder.is_locked} />
      <UploadList uploads={uploads} />
      {folder.entries.length === 0 ? (
        <EmptyState title={words.emptyTitle}>{!folder.is_locked && words.emptyText}</EmptyState>
      ) : (
        <>
          <div className={classes.bar}>
            <SearchBox
              label={words.filter}
              placeholder={words.filterHint}
              value={sought}
              onSearch={setSought}
              className={classes.filter}
            />
            <span className="quiet tabular" role="status">
              {sought === ""
                ? words.total(folder.entries.length, size)
                : words.of(entries.length, folder.entries.length)}
            </span>
            {sought !== "" && !folder.is_locked && <DeleteFound serverId={server.id} folder={path} entries={entries} />}
          </div>
          {!folder.is_whole && <p className={classes.note}>{words.notWhole(folder.entries.length)}</p>}
          <div ref={frame} style={{ "--files-height": height && `${height}px` } as CSSProperties}>
            {entries.length === 0 ? (
              <EmptyState title={words.noneTitle}>{words.noneText}</EmptyState>
            ) : (
              <FileTable server={server} folder={path} entries={entries} order={order} onOrder={setOrder} />
            )}
          </div>
        </>
      )}
      {uploads.isDropping && !folder.is_locked && <div className={classes.dropping}>{words.drop}</div>}
      <NameDialog
        serverId={server.id}
        folder={path}
        what={making}
        onClose={() => setMaking(null)}
        onMade={(made, what) =>
          void navigate({
            to: "/servers/$serverId/files",
            params: { serverId: server.id },
            search: what === "file" ? { file: made } : { path: made },
          })
        }
      />
      {uploads.leaveGuard}
    </div>
  );
}
