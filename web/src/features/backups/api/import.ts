import { useMutation } from "@tanstack/react-query";
import { ApiUnreachable, api, type Schema, unwrap } from "../../../api/client";
import { useRefreshBackups } from "./backup";

interface Upload {
  serverId: string;
  file: File;
  note: string;
  /** From 0 to 1: how much of it has been sent. */
  onProgress: (sent: number) => void;
  signal: AbortSignal;
}

/** Sends a file to be taken over. `fetch` does not tell how much it has sent, so this is an older kind of request. */
export function uploadBackup({ serverId, file, note, onProgress, signal }: Upload): Promise<Schema["BackupSummary"]> {
  const request = new XMLHttpRequest();
  const query = note.trim() ? `?note=${encodeURIComponent(note.trim())}` : "";
  const [server, name] = [serverId, file.name].map(encodeURIComponent);
  request.open("PUT", `/api/v1/servers/${server}/backups/import/${name}${query}`);
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
  const answer = new Promise<{ data?: Schema["BackupSummary"]; error?: unknown; response: Response }>(
    (resolve, reject) => {
      request.onload = () => {
        const headers = { "Retry-After": request.getResponseHeader("Retry-After") ?? "" };
        const response = new Response(null, { status: request.status, headers });
        const body = asJson(request.responseText);
        resolve(response.ok ? { data: body as Schema["BackupSummary"], response } : { error: body, response });
      };
      request.onerror = () => reject(new ApiUnreachable("The connection broke while the file was sent."));
      request.onabort = () => reject(new DOMException("The upload was cancelled.", "AbortError"));
    },
  );
  signal.addEventListener("abort", () => request.abort(), { once: true });
  request.send(file);
  return unwrap(answer);
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Takes over a file that lies on the manager's machine. */
export function useImportPath(serverId: string) {
  const refresh = useRefreshBackups();
  return useMutation({
    mutationFn: (wanted: Schema["BackupToImport"]) =>
      unwrap(
        api.POST("/api/v1/servers/{server_id}/backups/import", {
          params: { path: { server_id: serverId } },
          body: wanted,
        }),
      ),
    meta: { showsError: true },
    onSuccess: refresh,
  });
}
