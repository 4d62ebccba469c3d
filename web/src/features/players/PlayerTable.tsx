import type { Schema } from "../../api/client";
import { DataTable } from "../../components/ui/DataTable";
import { StateMark } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { formatDuration } from "../../lib/duration";
import { printable } from "../../lib/printable";
import { clockTime, exactTime, shortDate, useNow } from "../../lib/time";
import { useCan } from "../../session/me";
import { players as words } from "../../text/players";
import type { Asked } from "./ActDialogs";
import { PlayerMenu } from "./PlayerMenu";
import classes from "./PlayersTab.module.css";

type Player = Schema["PlayerView"];

interface PlayerTableProps {
  players: readonly Player[];
  isRunning: boolean;
  onAsk: (asked: Asked) => void;
  onOpen: (player: Player) => void;
}

export function PlayerTable({ players, isRunning, onAsk, onOpen }: PlayerTableProps) {
  const can = useCan();
  return (
    <DataTable label={words.title} stacked>
      <thead>
        <tr>
          <th>{words.table.name}</th>
          <th>{words.table.seen}</th>
          <th data-align="end">{words.table.played}</th>
          <th>{words.table.role}</th>
          <th>{words.table.whitelist}</th>
          {can("operator") && (
            <th>
              <span className="visually-hidden">{words.actions("")}</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {players.map((player) => (
          <tr key={player.name} className={classes.row}>
            <td className={classes.nameCell} data-width="fill">
              <span className={classes.named}>
                <button
                  type="button"
                  className={classes.name}
                  aria-haspopup="dialog"
                  title={words.sessionsOf(player.name)}
                  onClick={() => onOpen(player)}
                >
                  {player.name}
                </button>
                <BanMark player={player} />
              </span>
            </td>
            <td className={classes.seen}>
              <Seen player={player} />
            </td>
            <td data-label={words.table.played} data-align="end" className={classes.figure}>
              {player.sessions === 0 && player.play_time_seconds === 0 ? (
                <span className="quiet">{words.neverPlayed}</span>
              ) : (
                playTime(player.play_time_seconds)
              )}
            </td>
            <td data-label={words.table.role} className={classes.role}>
              {player.role ?? <span className="quiet">{words.notKnown}</span>}
            </td>
            <td data-label={words.table.whitelist} className={classes.listed}>
              <OnWhitelist is={player.is_whitelisted} />
            </td>
            {can("operator") && (
              <td data-align="end" className={classes.menu}>
                <PlayerMenu
                  player={player}
                  isRunning={isRunning}
                  onAsk={(act) => onAsk({ act, player })}
                  onOpen={() => onOpen(player)}
                />
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </DataTable>
  );
}

/** Seconds would only flicker. */
const playTime = (seconds: number) => (seconds < 60 ? words.underAMinute : formatDuration(seconds * 1000));

function Seen({ player }: { player: Player }) {
  const now = useNow(60);
  if (!player.is_online || player.online_since === null) {
    return <Time value={player.last_seen} absent={words.neverJoined} />;
  }
  const since = Date.parse(player.online_since);
  return (
    <span title={exactTime(since)}>
      <StateMark tone="ok" label={words.onlineSince(clockTime(since, now))} quiet />
    </span>
  );
}

function OnWhitelist({ is }: { is: boolean | null }) {
  if (is === true) return <>{words.onWhitelist}</>;
  return <span className="quiet">{is === null ? words.notKnown : words.notOnWhitelist}</span>;
}

function BanMark({ player }: { player: Player }) {
  if (!player.is_banned) return null;
  return (
    <span className={classes.ban}>
      <StateMark tone="bad" label={banWords(player)} />
      {player.ban_reason && <span className="quiet">{words.banReason(printable(player.ban_reason))}</span>}
    </span>
  );
}

function banWords(player: Player): string {
  if (player.is_banned_for_ever) return words.bannedForEver;
  return player.banned_until ? words.bannedUntil(shortDate(Date.parse(player.banned_until))) : words.banned;
}
