import { useQueryClient } from "@tanstack/react-query";
import { type DragEvent, type ReactNode, useEffect, useReducer, useRef, useState } from "react";
import { ApiError, type Schema } from "../../api/client";
import { messageOf } from "../../components/ui/FormError";
import { LeaveGuard } from "../../components/ui/LeaveGuard";
import { formatBytes } from "../../lib/bytes";
import { fileUploads as words } from "../../text/files";
import { refreshFiles, uploadAddress } from "./api/files";
import { sendFile } from "./api/upload";
import classes from "./files.module.css";
import { joined } from "./paths";

export interface Upload {
  id: number;
  file: File;
  state: "waiting" | "sending" | "done" | "failed";
  sent: number;
  problem: string | null;
  /** It could take the place of what is there. */
  isTaken: boolean;
}

type Change =
  | { do: "add"; uploads: readonly Upload[] }
  | { do: "tell"; id: number; news: Partial<Upload> }
  | { do: "forget"; id: number };

function changed(uploads: readonly Upload[], change: Change): readonly Upload[] {
  switch (change.do) {
    case "add":
      return [...uploads, ...change.uploads];
    case "tell":
      return uploads.map((upload) => (upload.id === change.id ? { ...upload, ...change.news } : upload));
    case "forget":
      return uploads.filter((upload) => upload.id !== change.id);
  }
}

export interface FileUploads {
  uploads: readonly Upload[];
  take: (files: readonly File[]) => void;
  /** Also ends it, when it is being sent. */
  forget: (id: number) => void;
  replace: (upload: Upload) => void;
  dropTarget: Record<"onDragEnter" | "onDragLeave" | "onDragOver" | "onDrop", (event: DragEvent) => void>;
  isDropping: boolean;
  leaveGuard: ReactNode;
}

/** Files on their way into a folder, one after the other. */
export function useFileUploads(serverId: string, folder: Schema["FolderView"]): FileUploads {
  const queryClient = useQueryClient();
  const [uploads, change] = useReducer(changed, []);
  const [dropDepth, setDropDepth] = useState(0);
  const nextId = useRef(0);
  const queue = useRef<Promise<void>>(Promise.resolve());
  const stops = useRef(new Map<number, AbortController>());
  useEffect(() => {
    const known = stops.current;
    return () => {
      for (const stop of known.values()) stop.abort();
    };
  }, []);

  const send = (id: number, file: File, replace: boolean) => {
    const stop = new AbortController();
    stops.current.set(id, stop);
    const tell = (news: Partial<Upload>) => change({ do: "tell", id, news });
    queue.current = queue.current.then(async () => {
      if (stop.signal.aborted) return;
      tell({ state: "sending", problem: null, isTaken: false, sent: 0 });
      try {
        const address = uploadAddress(serverId, joined(folder.path, file.name), replace);
        await sendFile({ address, file, signal: stop.signal, onSent: (sent) => tell({ sent }) });
        tell({ state: "done" });
        await refreshFiles(queryClient, serverId);
      } catch (error) {
        const isTaken = error instanceof ApiError && error.code === "name_taken";
        if (!stop.signal.aborted) tell({ state: "failed", problem: messageOf(error), isTaken });
      } finally {
        stops.current.delete(id);
      }
    });
  };
  const take = (files: readonly File[]) => {
    if (folder.is_locked) return;
    const added = files.map((file): Upload => {
      const isTooLarge = file.size > folder.max_upload_bytes;
      const problem = isTooLarge ? words.tooLarge(folder.max_upload_bytes) : null;
      return { id: nextId.current++, file, state: problem ? "failed" : "waiting", sent: 0, problem, isTaken: false };
    });
    change({ do: "add", uploads: added });
    for (const { id, file, problem } of added) if (problem === null) send(id, file, false);
  };
  const isBusy = () => stops.current.size > 0;
  return {
    uploads,
    take,
    forget: (id) => {
      stops.current.get(id)?.abort();
      change({ do: "forget", id });
    },
    replace: ({ id, file }) => send(id, file, true),
    isDropping: dropDepth > 0,
    dropTarget: {
      onDragEnter: (event) => hasFiles(event) && setDropDepth((depth) => depth + 1),
      onDragLeave: (event) => hasFiles(event) && setDropDepth((depth) => Math.max(0, depth - 1)),
      onDragOver: (event) => hasFiles(event) && event.preventDefault(),
      onDrop: (event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        setDropDepth(0);
        take(filesIn(event.dataTransfer));
      },
    },
    leaveGuard: (
      <LeaveGuard isUnsaved={isBusy} inPage title={words.leaveTitle} confirmLabel={words.leave}>
        <p className={classes.lead}>{words.leaveText}</p>
      </LeaveGuard>
    ),
  };
}

export const progressOf = ({ file, sent }: Upload) => words.sent(Math.min(sent, file.size), file.size);
export const shareOf = ({ file, sent }: Upload) => (file.size === 0 ? 0 : Math.min(1, sent / file.size));
export const sizeOf = ({ file }: Upload) => formatBytes(file.size);

const hasFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes("Files");

/** Folders come as files that can't be read. */
function filesIn(dropped: DataTransfer): File[] {
  const files: File[] = [];
  for (const item of dropped.items) {
    const file = item.kind === "file" ? item.getAsFile() : null;
    if (file && !item.webkitGetAsEntry?.()?.isDirectory) files.push(file);
  }
  return files;
}
