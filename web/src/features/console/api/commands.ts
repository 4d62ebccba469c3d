import { queryOptions, useMutation } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

export type Answer = Schema["CommandAnswer"];

/** Hands one line to the game. Whoever sends it shows what went wrong, beside what was typed. */
export const useSendCommand = (serverId: string, onAnswer: (answer: Answer) => void) =>
  useMutation({
    mutationFn: (command: string) =>
      unwrap(
        api.POST("/api/v1/servers/{server_id}/commands", {
          params: { path: { server_id: serverId } },
          body: { command },
        }),
      ),
    meta: { showsError: true },
    onSuccess: onAnswer,
  });

/** Commands that this server knows; asked for again until it has told them. */
export const commandHintsQuery = (serverId: string) =>
  queryOptions({
    queryKey: keys.commandHints(serverId),
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/v1/servers/{server_id}/command-hints", { params: { path: { server_id: serverId } }, signal }),
      ),
    staleTime: ({ state }) => (state.data?.is_learned ? 10 * 60_000 : 30_000),
  });
