import type { Schema } from "../../api/client";
import { Time } from "../../components/ui/Time";
import { editor, schedule as words } from "../../text/schedules";
import classes from "./schedule.module.css";

/** When something is due next, on the clocks of its own zone, and what changes of the clocks do to that. */
export function NextTimes({ next, isOff = false }: { next: Schema["NextRuns"]; isOff?: boolean }) {
  return (
    <div className={classes.next}>
      {next.times.length > 0 ? (
        <ol className={classes.nextTimes} data-off={isOff || undefined}>
          {next.times.map((time) => (
            <li key={time}>
              <span className="tabular">{wallClock(time)}</span>
              {!isOff && <Time value={time} />}
            </li>
          ))}
        </ol>
      ) : (
        next.notes.length === 0 && <p className={classes.text}>{editor.nextRunsNone}</p>
      )}
      {isOff && next.times.length > 0 && <p className={classes.text}>{words.wouldBe}</p>}
      {next.notes.map((note) => (
        <p key={note} className={classes.text}>
          {note}
        </p>
      ))}
    </div>
  );
}

/** "Fri, 27 Nov, 05:00" as the clocks of that zone say it: the offset is part of the text. */
function wallClock(iso: string): string {
  const [date = "", time = ""] = iso.split("T");
  const format = new Intl.DateTimeFormat(navigator.language.startsWith("en") ? navigator.language : "en-GB", {
    weekday: "short",
    day: "numeric",
    month: "short",
    timeZone: "UTC",
  });
  return `${format.format(Date.parse(`${date}T00:00:00Z`))}, ${time.slice(0, 5)}`;
}
