import type { Schema } from "../api/client";
import type { Tone } from "../components/ui/StateMark";

/** The states of a server as people see them: one that runs without answering is not simply running. */
export type ServerLook = Schema["ServerView"]["state"] | "hung";

export const serverTones: Record<ServerLook, Tone> = {
  not_installed: "warn",
  stopped: "off",
  starting: "busy",
  running: "ok",
  stopping: "busy",
  crashed: "bad",
  failed_to_start: "bad",
  hung: "bad",
};

export function lookOf(server: Pick<Schema["ServerView"], "state" | "is_hung">): ServerLook {
  return server.state === "running" && server.is_hung ? "hung" : server.state;
}

export const needsSomeone = (server: Schema["ServerView"]) => serverTones[lookOf(server)] === "bad";
