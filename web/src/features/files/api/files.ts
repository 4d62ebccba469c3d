import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { ApiError, api, type Schema, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";
import { fileDialogs as words } from "../../../text/files";

export const folderQuery = (serverId: string, path: string) =>
  queryOptions({
    queryKey: [...keys.files(serverId), "folder", path],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/v1/servers/{server_id}/files", {
          params: { path: { server_id: serverId }, query: { path } },
          signal,
        }),
      ),
  });

/** A text as it is now. Whoever writes in it is not disturbed by what is there by now. */
export const contentQuery = (serverId: string, path: string) =>
  queryOptions({
    queryKey: [...keys.files(serverId), "content", path],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/v1/servers/{server_id}/files/content", {
          params: { path: { server_id: serverId }, query: { path } },
          signal,
        }),
      ),
    staleTime: 0,
    gcTime: 0,
    // Compared with what was there, megabytes of text cost more than they save.
    structuralSharing: false,
  });

export const trashQuery = (serverId: string) =>
  queryOptions({
    queryKey: [...keys.files(serverId), "trash"],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/servers/{server_id}/files/trash", { params: { path: { server_id: serverId } }, signal })),
  });

export const downloadAddress = (serverId: string, path: string) => address(serverId, "download", path);
export const pictureAddress = (serverId: string, path: string) => address(serverId, "picture", path);
export const uploadAddress = (serverId: string, path: string, replace: boolean) =>
  `${address(serverId, "upload", path)}${replace ? "&replace=true" : ""}`;

function address(serverId: string, what: string, path: string): string {
  return `/api/v1/servers/${encodeURIComponent(serverId)}/files/${what}?path=${encodeURIComponent(path)}`;
}

interface Save {
  text: string;
  /** Empty for a file that must not be there yet. */
  etag: string;
  allowBroken?: boolean;
}

export function useSaveFile(serverId: string, path: string) {
  return useChange(serverId, ({ text, etag, allowBroken = false }: Save) =>
    unwrap(
      api.PUT("/api/v1/servers/{server_id}/files/content", {
        params: { path: { server_id: serverId }, query: { path, etag, allow_broken: allowBroken } },
        body: text,
        bodySerializer: (body) => body,
        headers: { "Content-Type": "text/plain; charset=utf-8" },
      }),
    ),
  );
}

export function useMakeFile(serverId: string) {
  return useChange(serverId, (path: string) =>
    unwrap(
      api.PUT("/api/v1/servers/{server_id}/files/content", {
        params: { path: { server_id: serverId }, query: { path } },
        body: "",
        bodySerializer: (body) => body,
        headers: { "Content-Type": "text/plain; charset=utf-8" },
      }),
    ),
  );
}

export function useMakeFolder(serverId: string) {
  return useChange(serverId, (path: string) =>
    unwrap(
      api.POST("/api/v1/servers/{server_id}/files/folder", {
        params: { path: { server_id: serverId } },
        body: { path },
      }),
    ),
  );
}

export function useMoveFile(serverId: string) {
  return useChange(serverId, ({ from, to }: { from: string; to: string }) =>
    unwrap(
      api.POST("/api/v1/servers/{server_id}/files/move", {
        params: { path: { server_id: serverId } },
        body: { from_path: from, to_path: to },
      }),
    ),
  );
}

/** To the trash. What could not go is an error. */
export function useDeleteFile(serverId: string) {
  return useChange(serverId, async (path: string): Promise<Schema["TrashItem"]> => {
    const told = await unwrap(
      api.POST("/api/v1/servers/{server_id}/files/delete", {
        params: { path: { server_id: serverId } },
        body: { paths: [path] },
      }),
    );
    const item = told.deleted[0];
    if (item === undefined) {
      const [problem] = told.problems;
      throw new ApiError(409, problem?.code ?? "conflict", problem?.message ?? "");
    }
    return item;
  });
}

/** As many as one request takes. */
const AT_ONCE = 500;

/** To the trash, as many as can go: how many those are. What could not go is an error when all others are gone. */
export function useDeleteFiles(serverId: string) {
  return useChange(serverId, async (paths: readonly string[]): Promise<number> => {
    let deleted = 0;
    const problems: Schema["FileProblem"][] = [];
    for (let at = 0; at < paths.length; at += AT_ONCE) {
      const told = await unwrap(
        api.POST("/api/v1/servers/{server_id}/files/delete", {
          params: { path: { server_id: serverId } },
          body: { paths: paths.slice(at, at + AT_ONCE) },
        }),
      );
      deleted += told.deleted.length;
      problems.push(...told.problems);
    }
    const [first] = problems;
    if (first) throw new ApiError(409, first.code, words.notAllDeleted(problems.length, paths.length, first.message));
    return deleted;
  });
}

export function useRestoreFile(serverId: string) {
  return useChange(serverId, ({ id, keepBoth = false }: { id: string; keepBoth?: boolean }) =>
    unwrap(
      api.POST("/api/v1/servers/{server_id}/files/trash/{item_id}/restore", {
        params: { path: { server_id: serverId, item_id: id } },
        body: { keep_both: keepBoth },
      }),
    ),
  );
}

export function useDeleteForGood(serverId: string) {
  return useChange(serverId, (id: string) =>
    unwrap(
      api.DELETE("/api/v1/servers/{server_id}/files/trash/{item_id}", {
        params: { path: { server_id: serverId, item_id: id } },
      }),
    ),
  );
}

export function useEmptyTrash(serverId: string) {
  return useChange(serverId, () =>
    unwrap(api.DELETE("/api/v1/servers/{server_id}/files/trash", { params: { path: { server_id: serverId } } })),
  );
}

/** Folders and the trash are read anew; a text that is open stays. */
function useChange<Wanted, Answer>(serverId: string, change: (wanted: Wanted) => Promise<Answer>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: change,
    meta: { showsError: true },
    onSettled: () => refreshFiles(queryClient, serverId),
  });
}

export function refreshFiles(queryClient: ReturnType<typeof useQueryClient>, serverId: string): Promise<void> {
  return queryClient.invalidateQueries({
    queryKey: keys.files(serverId),
    predicate: ({ queryKey }) => queryKey[2] !== "content",
  });
}
