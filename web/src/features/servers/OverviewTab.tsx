import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { Section } from "../../components/ui/Page";
import { lookOf } from "../../lib/serverStates";
import { serverOverview as words } from "../../text/serverPage";
import { onlineQuery } from "./api/online";
import { timelineQuery } from "./api/timeline";
import { CrashReport } from "./CrashReport";
import { Charts } from "./charts/Charts";
import classes from "./OverviewTab.module.css";
import { Timeline } from "./Timeline";

type Server = Schema["ServerDetails"];

/** What happened and why, beside how it has been doing. */
export default function OverviewTab({ server }: { server: Server }) {
  const look = lookOf(server);
  const isDown = server.uptime_seconds === null;
  const { isPending } = useInfiniteQuery(timelineQuery(server.id));
  return (
    <div className={classes.parts}>
      {server.crash && <CrashReport crash={server.crash} isOpen={look === "crashed" || look === "failed_to_start"} />}
      <Warnings server={server} />
      {server.state === "running" && <Online server={server} />}
      <div className={classes.columns} data-down={isDown || undefined}>
        {/* Where they come below the timeline, they wait for it: it is longer or shorter than its place. */}
        <div>{!(isDown && isPending) && <Charts serverId={server.id} />}</div>
        <Section title={words.timeline}>
          <Timeline serverId={server.id} />
        </Section>
      </div>
    </div>
  );
}

/** Those that the line below the name leaves out while something else is said there. */
function Warnings({ server }: { server: Server }) {
  const isSaidAbove = lookOf(server) === "running" && server.operation === null;
  if (server.warnings.length === 0 || isSaidAbove) return null;
  return (
    <Section title={words.warnings}>
      <ul className={classes.warnings}>
        {server.warnings.map((warning) => (
          <li key={warning}>{warning}</li>
        ))}
      </ul>
    </Section>
  );
}

function Online({ server }: { server: Server }) {
  const { data: online, isPending } = useQuery(onlineQuery(server.id));
  const names = online?.items.filter((player) => player.is_online).map((player) => player.name) ?? [];
  const others = (online?.online ?? 0) - names.length;
  return (
    <p className={classes.online}>
      {isPending || names.length > 0 ? <span className="quiet">{words.online} </span> : words.nobody}
      {names.length > 0 && (
        <>
          {names.join(", ")}
          {others > 0 && ` ${words.andMore(others)}`}
          {" · "}
          <Link to="/servers/$serverId/players" params={{ serverId: server.id }}>
            {words.allPlayers}
          </Link>
        </>
      )}
    </p>
  );
}
