import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Schema } from "../../api/client";
import { formatDuration } from "../../lib/duration";
import { lookOf, serverTones } from "../../lib/serverStates";
import { useNow } from "../../lib/time";
import { lastDay, servers as words } from "../../text/servers";
import { CopyButton } from "../ui/CopyButton";
import { PlayersLastDay, TickTimeLastDay } from "./LastDay";
import { ServerActions } from "./ServerActions";
import { ServerCare } from "./ServerCare";
import { ServerNews } from "./ServerNews";
import classes from "./ServerRows.module.css";
import { ServerState } from "./ServerState";

type Server = Schema["ServerView"];

/** Of each server, by its id, as far as it is known. */
export type LastDays = ReadonlyMap<string, Schema["ServerLastDay"]>;
export type Cares = ReadonlyMap<string, Schema["ServerCare"]>;

interface ServerRowsProps {
  servers: readonly Server[];
  /** Where one only looks whether all is well: how it was of late, nothing to do with those that run, and
   *  nothing of what is said above under what needs someone. */
  lastDays?: LastDays;
  /** What looks after them. */
  cares?: Cares;
}

/** Servers, one row each: how it is, who is on, and what can be done with it. */
export function ServerRows({ servers, lastDays, cares }: ServerRowsProps) {
  return (
    <ul className={classes.rows} aria-label={words.list} data-quiet={lastDays !== undefined || undefined}>
      {servers.map((server) => (
        <li key={server.id} className={classes.row}>
          <ServerRow server={server} lastDays={lastDays} care={cares?.get(server.id)} />
        </li>
      ))}
    </ul>
  );
}

interface ServerRowProps {
  server: Server;
  lastDays: LastDays | undefined;
  care: Schema["ServerCare"] | undefined;
}

function ServerRow({ server, lastDays, care }: ServerRowProps) {
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
        {lastDays ? <Trends server={server} day={lastDays.get(server.id)} /> : <Players server={server} />}
        <Fact name={words.columns.version}>{server.version ?? words.noVersion}</Fact>
        <Fact name={words.columns.up} isEmpty={server.uptime_seconds === null}>
          <Uptime server={server} />
        </Fact>
        {!lastDays && (
          <Fact name={words.columns.address} isWide>
            <CopyButton text={server.address_hint} label={words.copyAddress(server.address_hint)} />
          </Fact>
        )}
      </dl>
      <div className={classes.actions}>{!(lastDays && isWell) && <ServerActions server={server} />}</div>
      {care && (
        <div className={classes.care}>
          <ServerCare care={care} />
        </div>
      )}
      <div className={classes.news}>
        <ServerNews server={server} isBrief={lastDays !== undefined} />
      </div>
    </>
  );
}

function Players({ server }: { server: Server }) {
  return (
    <Fact name={words.columns.players} isEmpty={server.players_online === null}>
      {words.playersOf(server.players_online, server.players_max)}
    </Fact>
  );
}

/** How it is now, and beside it how it was over the last day, in room that is kept for it. */
function Trends({ server, day }: { server: Server; day: Schema["ServerLastDay"] | undefined }) {
  return (
    <>
      <Fact name={words.columns.players}>
        <span className={classes.now}>{words.playersOf(server.players_online, server.players_max)}</span>
        {day && <PlayersLastDay day={day} />}
      </Fact>
      <Fact name={lastDay.tick}>
        <span className={classes.now}>{lastDay.tickNow(day?.tick_ms_now ?? null)}</span>
        {day && <TickTimeLastDay day={day} />}
      </Fact>
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
