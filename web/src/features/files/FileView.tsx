import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { ApiError, type Schema } from "../../api/client";
import { EmptyState } from "../../components/ui/EmptyState";
import { ErrorState } from "../../components/ui/ErrorState";
import { messageOf } from "../../components/ui/FormError";
import { LoadingState } from "../../components/ui/LoadingState";
import { fileEditor as editorWords, files as words } from "../../text/files";
import { contentQuery, downloadAddress, pictureAddress } from "./api/files";
import classes from "./files.module.css";
import { Note } from "./Note";
import { folderOf, nameOf } from "./paths";
import { TextEditor } from "./TextEditor";
import { Way } from "./Way";

const PICTURE = /\.(png|jpe?g|gif|webp)$/i;
/** The manager says in words why a file is not shown, and where to go instead. */
const TOLD = new Set(["kept_by_manager", "game_writes", "file_too_large", "path_not_allowed", "not_text"]);

interface FileViewProps {
  server: Schema["ServerDetails"];
  path: string;
}

export function FileView({ server, path }: FileViewProps) {
  const folder = folderOf(path);
  return (
    <div className={classes.tab}>
      <div className={classes.bar}>
        <Way serverId={server.id} path={path} isFile />
        <div className={classes.acts}>
          <Link
            to="/servers/$serverId/files"
            params={{ serverId: server.id }}
            search={folder === "" ? {} : { path: folder }}
            className={classes.aside}
          >
            {words.back}
          </Link>
          <Button component="a" variant="default" href={downloadAddress(server.id, path)} download>
            {words.download}
          </Button>
        </div>
      </div>
      {PICTURE.test(path) ? <Picture server={server} path={path} /> : <Text server={server} path={path} />}
    </div>
  );
}

function Text({ server, path }: FileViewProps) {
  // What is being written in stays, whatever the file has become; a save finds out.
  const file = useQuery({ ...contentQuery(server.id, path), refetchOnReconnect: false, refetchOnWindowFocus: false });
  if (file.isPending) return <LoadingState rows={14} />;
  if (!file.data) {
    const { error } = file;
    if (!(error instanceof ApiError) || !TOLD.has(error.code)) {
      return <ErrorState error={error} onRetry={file.refetch} />;
    }
    if (error.code === "kept_by_manager") {
      return <Note serverId={server.id} text={messageOf(error)} where={whereFor(path)} isLocked />;
    }
    return <NotShown title={editorWords.notText}>{messageOf(error)}</NotShown>;
  }
  return <TextEditor server={server} content={file.data} />;
}

const whereFor = (path: string) => (/^(mods|modgenerations|\.mods)/i.test(path) ? "mods" : "config");

function Picture({ server, path }: FileViewProps) {
  const [isBroken, setBroken] = useState(false);
  if (isBroken) return <NotShown title={editorWords.pictureFailed}>{editorWords.notTextHint}</NotShown>;
  return (
    <div className={classes.picture}>
      <img
        src={pictureAddress(server.id, path)}
        alt={editorWords.picture(nameOf(path))}
        onError={() => setBroken(true)}
      />
    </div>
  );
}

function NotShown({ title, children }: { title: string; children: ReactNode }) {
  return <EmptyState title={title}>{children}</EmptyState>;
}
