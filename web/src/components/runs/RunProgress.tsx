import type { Schema } from "../../api/client";
import { formatDuration } from "../../lib/duration";
import { useNow } from "../../lib/time";
import { runStateWords } from "../../text/runStates";
import { run as words } from "../../text/runs";
import { ProgressLine } from "../ui/ProgressLine";

/** How far a run is, in words and as a bar, while it goes on; in narrow places without `hasFigures`. */
export function RunProgress({ run, hasFigures = true }: { run: Schema["Run"]; hasFigures?: boolean }) {
  const now = useNow();
  const started = Date.parse(run.started_at ?? run.scheduled_for);
  const elapsed = Math.max(0, Math.round((now - started) / 1000) * 1000);
  return (
    <ProgressLine
      message={run.message ?? runStateWords[run.state]}
      progress={run.progress}
      hasFigures={hasFigures}
      figures={
        run.started_at && elapsed >= 1000 && <span className="quiet">{words.runningFor(formatDuration(elapsed))}</span>
      }
    />
  );
}
