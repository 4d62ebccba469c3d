import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { StateShape, type Tone } from "../../components/ui/StateMark";
import { exactTime, timeOfDay, useNow, weekday } from "../../lib/time";
import { serverOverview } from "../../text/serverPage";
import { reportOf, timeline as words } from "../../text/timeline";
import { timelineQuery } from "./api/timeline";
import { ReportText } from "./ReportText";
import classes from "./Timeline.module.css";

type Entry = Schema["TimelineEntry"];

const tones: Partial<Record<Entry["kind"], Tone>> = {
  ready: "ok",
  answers_again: "ok",
  killed: "warn",
  crashed: "bad",
  failed_to_start: "bad",
  gave_up: "bad",
  hung: "bad",
  version_change_failed: "bad",
  mods_put_back: "bad",
  keeper_lost: "warn",
  config_not_applied: "bad",
  backup_failed: "bad",
  restored: "ok",
  restore_failed: "bad",
  updated: "ok",
  update_went_back: "warn",
  update_failed: "bad",
  mod_problem: "warn",
  overloaded: "warn",
  autosave_failed: "bad",
  disk_low: "warn",
  memory_high: "warn",
};

/** An end that nobody asked for and that is not put right by itself is no ordinary stop. */
const toneOf = ({ kind, details }: Entry): Tone =>
  kind === "stopped" && details.stays_down === true ? "bad" : (tones[kind] ?? "off");

/** What happened to a server, newest first, day by day. */
export function Timeline({ serverId }: { serverId: string }) {
  const timeline = useInfiniteQuery(timelineQuery(serverId));
  const now = useNow(60);
  if (timeline.isPending) return <LoadingState rows={8} />;
  if (timeline.isLoadingError) return <ErrorState error={timeline.error} onRetry={timeline.refetch} />;
  const entries = timeline.data.pages.flatMap((page) => page.items);
  if (entries.length === 0) return <p className="quiet">{serverOverview.timelineEmpty}</p>;
  return (
    <div className={classes.timeline}>
      {byDay(entries).map(([day, ofDay]) => (
        <section key={day} className={classes.day}>
          <h3 className={classes.date}>{dayName(Date.parse(ofDay[0]?.at ?? ""), now)}</h3>
          <ol className={classes.entries}>
            {ofDay.map((entry) => (
              <TimelineItem key={entry.id} entry={entry} />
            ))}
          </ol>
        </section>
      ))}
      {timeline.hasNextPage && (
        <Button
          variant="default"
          className={classes.older}
          loading={timeline.isFetchingNextPage}
          onClick={() => void timeline.fetchNextPage()}
        >
          {serverOverview.older}
        </Button>
      )}
    </div>
  );
}

function TimelineItem({ entry }: { entry: Entry }) {
  const time = Date.parse(entry.at);
  const detail = words.detail(entry);
  const report = reportOf(entry.details);
  return (
    <li className={classes.entry}>
      <time dateTime={entry.at} title={exactTime(time)} className={classes.time}>
        {timeOfDay(time)}
      </time>
      <StateShape tone={toneOf(entry)} size={12} />
      <div className={classes.what}>
        <span>
          {entry.run_id ? (
            <Link to="/runs/$runId" params={{ runId: entry.run_id }} preload={false} className={classes.link}>
              {words.sentence(entry)}
            </Link>
          ) : (
            words.sentence(entry)
          )}
          {entry.actor && <span className="quiet"> {words.by(entry.actor)}</span>}
        </span>
        {detail && <span className={classes.detail}>{detail}</span>}
        {report && (
          <details className={classes.report}>
            <summary>{words.report}</summary>
            <ReportText report={report} />
          </details>
        )}
      </div>
    </li>
  );
}

function byDay(entries: readonly Entry[]): [string, Entry[]][] {
  const days = new Map<string, Entry[]>();
  for (const entry of entries) {
    const day = new Date(entry.at).toDateString();
    days.set(day, [...(days.get(day) ?? []), entry]);
  }
  return [...days];
}

const DAY_MS = 86_400_000;

function dayName(time: number, now: number): string {
  const day = new Date(time).toDateString();
  if (day === new Date(now).toDateString()) return words.today;
  if (day === new Date(now - DAY_MS).toDateString()) return words.yesterday;
  return weekday(time);
}
