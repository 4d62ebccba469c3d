import type { Schema } from "../../api/client";
import { Time } from "../../components/ui/Time";
import { gameVersions as words } from "../../text/gameVersions";
import classes from "./NewestVersions.module.css";
import { CHANNELS } from "./search";

/** The answer most come for: which version is the newest of each channel. */
export function NewestVersions({ versions }: { versions: readonly Schema["GameVersionOut"][] }) {
  return (
    <dl className={classes.newest}>
      {CHANNELS.map((channel) => {
        const newest = versions.find((version) => version.channel === channel && version.latest);
        return (
          <div key={channel}>
            <dt>{words.newestOf(channel)}</dt>
            <dd className={classes.version}>{newest?.version ?? <span className="quiet">{words.none}</span>}</dd>
            {newest?.first_seen && (
              <dd className={classes.seen}>
                {words.firstSeen} <Time value={newest.first_seen} />
              </dd>
            )}
          </div>
        );
      })}
    </dl>
  );
}
