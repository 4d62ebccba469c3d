import { IconCircleArrowUp } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { StateShape } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { updates as words } from "../../text/updates";
import { hasNews } from "./looks";
import classes from "./updates.module.css";

/** What is new for a server, whether it is ready for that, and why nothing is done of itself yet. */
export function StateLines({ state, isWhole = false }: { state: Schema["UpdateState"]; isWhole?: boolean }) {
  const { newest_stable: stable, not_ready: notReady } = state;
  return (
    <>
      <p className={isWhole ? classes.mainLine : classes.line}>
        {hasNews(state) ? (
          <IconCircleArrowUp className={classes.news} size={isWhole ? 20 : 16} stroke={1.8} aria-hidden="true" />
        ) : (
          <StateShape tone={state.game_now === null ? "off" : "ok"} size={isWhole ? 18 : 14} />
        )}
        <span>{words.isNew(state) ?? (state.game_now === null ? words.noVersion : words.nothingNew)}</span>
      </p>
      {stable !== null && (
        <p className={classes.line}>
          <StateShape tone={notReady.length > 0 ? "warn" : "ok"} />
          <span>
            {notReady.length > 0 ? words.notReady(stable, notReady) : words.ready(stable)}
            {isWhole && (
              <>
                {" "}
                <Link
                  to="/servers/$serverId/mods/ready"
                  params={{ serverId: state.server_id }}
                  search={{ version: `v${stable}` }}
                  preload={false}
                >
                  {words.whichMods}
                </Link>
              </>
            )}
          </span>
        </p>
      )}
      {state.waits_for && <p className={classes.detail}>{words.waits(state.waits_for)}</p>}
      <p className={classes.facts}>
        {state.game_now !== null && words.now(state.game_now)}
        {state.checked_at && (
          <span>
            {words.checked} <Time value={state.checked_at} />
          </span>
        )}
      </p>
    </>
  );
}
