import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Schema } from "../../api/client";
import { runQuery } from "../../api/run";
import { formatDuration } from "../../lib/duration";
import { lookOf, serverTones } from "../../lib/serverStates";
import { useNow } from "../../lib/time";
import { serverStateWords } from "../../text/serverStates";
import { serverNews as words } from "../../text/servers";
import { RunProgress } from "../runs/RunProgress";
import { ProgressLine } from "../ui/ProgressLine";
import { StateShape } from "../ui/StateMark";
import { Time } from "../ui/Time";
import classes from "./ServerNews.module.css";

type Server = Schema["ServerView"];

interface ServerNewsProps {
  server: Server;
  /** Where it is said elsewhere what is wrong: only what follows from it, and of warnings what they are about. */
  isBrief?: boolean;
}

/** What is going on with a server, or what went wrong: nothing where all is as it should be. */
export function ServerNews({ server, isBrief = false }: ServerNewsProps) {
  if (server.operation) return <OperationNews operation={server.operation} />;
  const look = lookOf(server);
  if (look === "starting") {
    const { start_progress: start } = server;
    return <ProgressLine message={start?.phase ?? serverStateWords.starting} progress={start?.progress ?? null} />;
  }
  if (isBrief && serverTones[look] === "bad") {
    return server.crash?.restarts_at ? (
      <Note tone="bad">
        <Restarts at={server.crash.restarts_at} />
      </Note>
    ) : null;
  }
  if (look === "hung") return <Note tone="bad">{words.hung}</Note>;
  if ((look === "crashed" || look === "failed_to_start") && server.crash) {
    return <CrashNews crash={server.crash} verb={look === "crashed" ? words.when : words.failedWhen} />;
  }
  if (look === "not_installed") return <Note tone="warn">{words.notInstalled(server.version)}</Note>;
  if (server.warnings.length > 0) {
    return (
      <Note tone="warn">
        {server.warnings.map((warning) => (
          <span key={warning}>{isBrief ? firstSentence(warning) : warning} </span>
        ))}
      </Note>
    );
  }
  return null;
}

function OperationNews({ operation }: { operation: Schema["Operation"] }) {
  const run = useQuery(runQuery(operation.run_id)).data;
  return (
    <div className={classes.operation}>
      {run && run.ended_at === null ? (
        <RunProgress run={{ ...run, message: run.message ?? words.operation(operation.kind) }} />
      ) : (
        <ProgressLine message={words.operation(operation.kind)} progress={null} />
      )}
      <span className={classes.by}>
        {operation.actor && <span>{words.by(operation.actor)} · </span>}
        <Link to="/runs/$runId" params={{ runId: operation.run_id }} preload={false}>
          {words.showRun}
        </Link>
      </span>
    </div>
  );
}

/** "Crashed 3 min ago: The mod xyz is named in its report. Starts again in 20 s." */
function CrashNews({ crash, verb }: { crash: Schema["CrashInfo"]; verb: string }) {
  return (
    <Note tone="bad">
      {verb} <Time value={crash.at} />
      {": "}
      {words.crashed(crash)} {crash.gave_up ? words.gaveUp : <Restarts at={crash.restarts_at} />}
    </Note>
  );
}

function Restarts({ at }: { at: string | null }) {
  const now = useNow();
  if (at === null) return words.staysDown;
  const rest = Math.ceil((Date.parse(at) - now) / 1000) * 1000;
  return <span className="tabular">{rest >= 1000 ? words.restartsIn(formatDuration(rest)) : words.restartsNow}</span>;
}

/** What is bad stands beside the state, which has the shape already. */
function Note({ tone, children }: { tone: "bad" | "warn"; children: ReactNode }) {
  return (
    <p className={classes.note}>
      {tone === "warn" && <StateShape tone="warn" />}
      <span>{children}</span>
    </p>
  );
}

/** "Only 900 MB of disk space are free." */
const firstSentence = (text: string) => text.match(/^.*?[.!?](?=\s)/s)?.[0] ?? text;
