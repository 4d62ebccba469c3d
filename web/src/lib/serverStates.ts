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
