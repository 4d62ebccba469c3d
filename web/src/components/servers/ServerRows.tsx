import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Schema } from "../../api/client";
import { formatDuration } from "../../lib/duration";
import { lookOf, serverTones } from "../../lib/serverStates";
import { useNow } from "../../lib/time";
import { servers as words } from "../../text/servers";
import { CopyButton } from "../ui/CopyButton";
import { ServerActions } from "./ServerActions";
import { ServerNews } from "./ServerNews";
import classes from "./ServerRows.module.css";
import { ServerState } from "./ServerState";

type Server = Schema["ServerView"];

interface ServerRowsProps {
  servers: readonly Server[];
  /** Where one only looks whether all is well: nothing to do with those that run. */
  isQuiet?: boolean;
}

/** Servers, one row each: how it is, who is on, and what can be done with it. */
export function ServerRows({ servers, isQuiet = false }: ServerRowsProps) {
  return (
    <ul className={classes.rows} aria-label={words.list}>
      {servers.map((server) => (
        <li key={server.id} className={classes.row}>
          <ServerRow server={server} isQuiet={isQuiet} />
        </li>
      ))}
    </ul>
  );
}

function ServerRow({ server, isQuiet }: { server: Server; isQuiet: boolean }) {
  const isWell = serverTones[lookOf(server)] === "ok" || serverTones[lookOf(server)] === "busy";
  return (
    <>
      <div className={classes.name}>
        <Link to="/servers/$serverId" params={{ serverId: server.id }} className={classes.title}>
          {server.name}
        </Link>
        <ServerState server={server} />
      </div>
      <dl className={classes.facts}>
        <Fact name={words.columns.players} isEmpty={server.players_online === null}>
          {words.playersOf(server.players_online, server.players_max)}
        </Fact>
        <Fact name={words.columns.version}>{server.version ?? words.noVersion}</Fact>
        <Fact name={words.columns.up} isEmpty={server.uptime_seconds === null}>
          <Uptime server={server} />
        </Fact>
        <Fact name={words.columns.address} isWide>
          <CopyButton text={server.address_hint} label={words.copyAddress(server.address_hint)} />
        </Fact>
      </dl>
      <div className={classes.actions}>{!(isQuiet && isWell) && <ServerActions server={server} />}</div>
      <div className={classes.news}>
        <ServerNews server={server} />
      </div>
    </>
  );
}

interface FactProps {
  name: string;
  /** On a phone it is left out then. */
  isEmpty?: boolean;
  isWide?: boolean;
  children: ReactNode;
}

function Fact({ name, isEmpty = false, isWide = false, children }: FactProps) {
  return (
    <div data-wide={isWide || undefined} data-empty={isEmpty || undefined}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** For how long it has been running. */
export function Uptime({ server }: { server: Server }) {
  const now = useNow(10);
  if (server.started_at === null || server.uptime_seconds === null) return words.notUp;
  const seconds = Math.max(0, Math.floor((now - Date.parse(server.started_at)) / 10_000) * 10);
  return seconds < 60
    ? words.justStarted
    : formatDuration(seconds < 3600 ? Math.floor(seconds / 60) * 60_000 : seconds * 1000);
}
