import { getRouteApi } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { FileView } from "./FileView";
import { FolderView } from "./FolderView";
import { TrashView } from "./TrashView";

const route = getRouteApi("/frame/servers/$serverId/files");

export default function FilesTab({ server }: { server: Schema["ServerDetails"] }) {
  const { path = "", file, trash } = route.useSearch();
  if (trash) return <TrashView server={server} />;
  if (file !== undefined) return <FileView key={file} server={server} path={file} />;
  return <FolderView key={path} server={server} path={path} />;
}
