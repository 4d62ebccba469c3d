import type { Schema } from "../../api/client";
import { statistics } from "../../lib/statistics";
import { charts } from "../../text/charts";
import { lastDay as words } from "../../text/servers";
import { Sparkline } from "../ui/Sparkline";

type LastDay = Schema["ServerLastDay"];

/** Small values look small: the scale goes up to this at least. */
const FEW_PLAYERS = 4;
const SHORT_TICK_MS = 50;

/** How many were on, over the last day. */
export function PlayersLastDay({ day }: { day: LastDay }) {
  const most = statistics(day.players)?.most ?? null;
  return <Sparkline values={day.players} top={Math.max(FEW_PLAYERS, most ?? 0)} label={words.players(most)} />;
}

/** How long the game needed for a step, over the last day. */
export function TickTimeLastDay({ day }: { day: LastDay }) {
  const found = statistics(day.tick_ms);
  const label = words.tickTime(found && charts.milliseconds(found.mean), found && charts.milliseconds(found.most));
  return <Sparkline values={day.tick_ms} top={Math.max(SHORT_TICK_MS, found?.most ?? 0)} label={label} />;
}
