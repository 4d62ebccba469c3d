import { IconCircleArrowUp } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { clockTime, useNow } from "../../lib/time";
import { serverCare as words } from "../../text/servers";
import { StateShape, type Tone } from "../ui/StateMark";
import { Time } from "../ui/Time";
import classes from "./ServerCare.module.css";

type Care = Schema["ServerCare"];

const tones: Record<Care["backup"], Tone | null> = { good: null, none: null, overdue: "warn", failed: "bad" };

/** "Last good backup 2 h ago · next: Nightly restart 05:00 in 6 h · 1.22.8 is out". */
export function ServerCare({ care }: { care: Care }) {
  const params = { serverId: care.server_id };
  const tone = tones[care.backup];
  return (
    <p className={classes.care}>
      <span className={classes.part} data-tone={tone ?? undefined}>
        {tone && <StateShape tone={tone} />}
        <span>
          <Link to="/servers/$serverId/backups" params={params}>
            {words.backup[care.last_good_backup_at === null && care.backup !== "failed" ? "none" : care.backup]}
          </Link>
          {care.backup === "failed" && care.last_good_backup_at !== null && ` · ${words.lastGood}`}
          {care.last_good_backup_at !== null && (
            <>
              {" "}
              <Time value={care.last_good_backup_at} />
            </>
          )}
        </span>
      </span>
      {care.next_action && <Next next={care.next_action} serverId={care.server_id} />}
      <Update care={care} />
    </p>
  );
}

function Next({ next, serverId }: { next: Schema["NextAction"]; serverId: string }) {
  const now = useNow(60);
  return (
    <span className={classes.part}>
      <span>
        {words.next}{" "}
        <Link to="/servers/$serverId/schedules/$scheduleId" params={{ serverId, scheduleId: next.schedule_id }}>
          {next.name}
        </Link>{" "}
        <span className="tabular">{clockTime(Date.parse(next.at), now)}</span> <Time value={next.at} />
      </span>
    </span>
  );
}

function Update({ care }: { care: Care }) {
  const said = words.update(care.game_update, care.mod_updates);
  if (said === null) return null;
  return (
    <span className={classes.part}>
      <IconCircleArrowUp size={14} stroke={1.8} aria-hidden="true" />
      <Link to="/servers/$serverId/updates" params={{ serverId: care.server_id }}>
        {said}
      </Link>
    </span>
  );
}
