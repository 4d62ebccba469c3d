import { api, type Schema, unwrap } from "../../../api/client";

/** Takes a file into the manager's store, where it is checked; nothing is installed yet. */
export function uploadMod(serverId: string, file: File, signal: AbortSignal): Promise<Schema["UploadedMod"]> {
  return unwrap(
    api.PUT("/api/v1/servers/{server_id}/mods/uploads/{file_name}", {
      params: { path: { server_id: serverId, file_name: file.name } },
      // The schema knows no files; what is sent is the file as it is.
      body: file as unknown as string,
      bodySerializer: (body) => body as unknown as BodyInit,
      headers: { "Content-Type": "application/octet-stream" },
      signal,
    }),
  );
}
