import type { Schema } from "../../api/client";
import { lookOf, serverTones } from "../../lib/serverStates";
import { serverStateWords } from "../../text/serverStates";
import { StateMark } from "../ui/StateMark";

/** The state of a server in a shape and words. */
export function ServerState({ server }: { server: Schema["ServerView"] }) {
  const look = lookOf(server);
  return <StateMark tone={serverTones[look]} label={serverStateWords[look]} quiet={look === "running"} />;
}
