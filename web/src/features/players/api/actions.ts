import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

export type Ban = Schema["Ban"];

export type PlayerAct =
  | { kind: "kick"; name: string; reason: string | null }
  | { kind: "ban"; name: string; amount: number; unit: Ban["unit"]; reason: string | null }
  | { kind: "unban" | "whitelist" | "unwhitelist" | "op"; name: string }
  | { kind: "role"; name: string; role: string }
  | { kind: "whitelist_mode"; mode: "on" | "off" };

/** One act, and what the game made of it. Whoever asks for it shows what went wrong. */
export function usePlayerAct(serverId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (act: PlayerAct) => send(serverId, act),
    meta: { showsError: true },
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.serverPlayers(serverId) }),
  });
}

function send(serverId: string, act: PlayerAct): Promise<Schema["PlayerActionResult"]> {
  if (act.kind === "whitelist_mode") {
    const params = { path: { server_id: serverId } };
    return unwrap(api.PUT("/api/v1/servers/{server_id}/whitelist", { params, body: { mode: act.mode } }));
  }
  const params = { path: { server_id: serverId, name: act.name } };
  switch (act.kind) {
    case "kick":
      return unwrap(
        api.POST("/api/v1/servers/{server_id}/players/{name}/kick", { params, body: { reason: act.reason } }),
      );
    case "ban": {
      const { amount, unit, reason } = act;
      return unwrap(
        api.POST("/api/v1/servers/{server_id}/players/{name}/ban", { params, body: { amount, unit, reason } }),
      );
    }
    case "unban":
      return unwrap(api.POST("/api/v1/servers/{server_id}/players/{name}/unban", { params }));
    case "whitelist":
      return unwrap(api.POST("/api/v1/servers/{server_id}/players/{name}/whitelist", { params }));
    case "unwhitelist":
      return unwrap(api.POST("/api/v1/servers/{server_id}/players/{name}/unwhitelist", { params }));
    case "op":
      return unwrap(api.POST("/api/v1/servers/{server_id}/players/{name}/op", { params }));
    case "role":
      return unwrap(api.PUT("/api/v1/servers/{server_id}/players/{name}/role", { params, body: { role: act.role } }));
  }
}
