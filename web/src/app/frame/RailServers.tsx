import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { serversQuery } from "../../api/servers";
import { StateShape } from "../../components/ui/StateMark";
import { firstOf, lookOf, serverTones } from "../../lib/serverStates";
import { frame as words } from "../../text/frame";
import { serverMarks, serverStateWords } from "../../text/serverStates";
import classes from "./Rail.module.css";

/** As many as there is room for. */
const SHOWN = 8;

/** The servers with their state and players, to go from one to the other. The last of the rail, so that nothing moves. */
export function RailServers() {
  const servers = useQuery(serversQuery()).data?.items ?? [];
  if (servers.length === 0) return null;
  const shown = firstOf(servers, SHOWN);
  return (
    <section className={classes.servers} aria-label={words.servers}>
      <hr className={classes.rule} />
      {shown.map((server) => {
        const look = lookOf(server);
        const state = serverMarks.short(serverStateWords[look], server.players_online, server.players_max);
        return (
          <Link
            key={server.id}
            to="/servers/$serverId"
            params={{ serverId: server.id }}
            className={classes.link}
            activeOptions={{ exact: false }}
            title={`${server.name}: ${state}`}
          >
            <StateShape tone={serverTones[look]} size={16} />
            <span className={classes.word}>{server.name}</span>
            {server.players_online !== null && (
              <span className={classes.count} aria-hidden="true">
                {server.players_online}
              </span>
            )}
          </Link>
        );
      })}
    </section>
  );
}
