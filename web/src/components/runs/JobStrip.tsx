import { Link } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { formatDuration } from "../../lib/duration";
import { runDuration, runTones } from "../../lib/runStates";
import { exactTime } from "../../lib/time";
import { reasonWords, runStateWords, runStrip as words } from "../../text/runStates";
import { RunStrip, type StripItem } from "../ui/RunStrip";

/** The last runs of a job; each bar opens its run. */
export function JobStrip({ runs }: { runs: readonly Schema["RecentRun"][] }) {
  return (
    <RunStrip
      items={runs.map(asItem)}
      summary={summaryOf(runs)}
      link={(item, bar, tabIndex) => (
        <Link to="/runs/$runId" params={{ runId: item.id }} preload={false} tabIndex={tabIndex} aria-label={item.label}>
          {bar}
        </Link>
      )}
    />
  );
}

function asItem(run: Schema["RecentRun"]): StripItem {
  const duration = runDuration(run);
  const time = exactTime(Date.parse(run.started_at ?? run.scheduled_for));
  const took = duration === null ? null : formatDuration(duration);
  return {
    id: run.id,
    tone: runTones[run.state],
    durationMs: run.started_at === null ? null : (duration ?? 0),
    label: words.bar(runStateWords[run.state], time, took, run.reason && reasonWords(run.reason)),
  };
}

function summaryOf(runs: readonly Schema["RecentRun"][]): string {
  const counts = new Map<string, number>();
  for (const run of runs) counts.set(runStateWords[run.state], (counts.get(runStateWords[run.state]) ?? 0) + 1);
  return words.summary(runs.length, [...counts]);
}
