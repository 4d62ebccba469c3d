import type { Schema } from "../api/client";
import type { Tone } from "../components/ui/StateMark";

type Server = Schema["ServerView"];

/** The states of a server as people see them: one that runs without answering is not simply running. */
export type ServerLook = Server["state"] | "hung" | "set_up";

export const serverTones: Record<ServerLook, Tone> = {
  not_installed: "warn",
  stopped: "off",
  starting: "busy",
  running: "ok",
  stopping: "busy",
  crashed: "bad",
  failed_to_start: "bad",
  hung: "bad",
  set_up: "busy",
};

export function lookOf(server: Server): ServerLook {
  if (server.state === "running" && server.is_hung) return "hung";
  return server.state === "not_installed" && server.operation !== null ? "set_up" : server.state;
}

export const needsSomeone = (server: Server) => serverTones[lookOf(server)] === "bad";

/** Of many servers those for which there is room: first what needs someone, then what is up. Where there is room for all, the
 *  others stay in their order, so that nothing moves when one is stopped. */
export function firstOf(servers: readonly Server[], room: number): Server[] {
  const isCrowded = servers.length > room;
  const rank = (server: Server) => {
    if (needsSomeone(server)) return 0;
    return isCrowded && server.uptime_seconds === null ? 2 : 1;
  };
  return [...servers].sort((one, other) => rank(one) - rank(other)).slice(0, room);
}
