import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { Panel } from "../../components/ui/Page";
import { StateMark } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { printable } from "../../lib/printable";
import { phases, history as words } from "../../text/updates";
import { pastUpdatesQuery } from "./api/updates";
import classes from "./History.module.css";
import { outcomeTones } from "./looks";

type Update = Schema["UpdateRecord"];

/** Updates of a server, newest first, with what became of each. */
export function History({ serverId }: { serverId: string }) {
  const past = useInfiniteQuery(pastUpdatesQuery(serverId));
  if (past.isPending) return <LoadingState rows={6} />;
  if (past.isLoadingError) return <ErrorState error={past.error} onRetry={past.refetch} />;
  const items = past.data?.pages.flatMap((page) => page.items) ?? [];
  if (items.length === 0) return <p className={classes.empty}>{words.empty}</p>;
  return (
    <>
      <Panel inset={false}>
        <ul className={classes.updates}>
          {items.map((update) => (
            <Row key={update.id} update={update} />
          ))}
        </ul>
      </Panel>
      {past.hasNextPage && (
        <Button
          variant="default"
          className={classes.more}
          loading={past.isFetchingNextPage}
          onClick={() => void past.fetchNextPage()}
        >
          {words.earlier}
        </Button>
      )}
    </>
  );
}

function Row({ update }: { update: Update }) {
  const { outcome } = update;
  const took = update.ended_at === null ? null : Date.parse(update.ended_at) - Date.parse(update.started_at);
  return (
    <li className={classes.update}>
      <div className={classes.line}>
        {outcome ? (
          <StateMark tone={outcomeTones[outcome]} label={words.outcomes[outcome]} quiet={outcome === "updated"} />
        ) : (
          <StateMark tone="busy" label={phases[update.phase]} />
        )}
        <span className={classes.what}>{words.what(update)}</span>
        <span className={classes.when}>
          <Time value={update.started_at} /> {words.triggers[update.trigger](update.actor)}
          {took !== null && ` ${words.took(took)}`}
        </span>
      </div>
      {update.text && outcome !== "updated" && <p className={classes.text}>{printable(update.text)}</p>}
      {update.blamed_mods.length > 0 && (
        <p className={classes.text}>{words.blamed(update.blamed_mods.map((name) => printable(name)))}</p>
      )}
      <div className={classes.links}>
        {update.backup_id && (
          <Link to="/backups/$backupId" params={{ backupId: update.backup_id }} preload={false}>
            {words.backup}
          </Link>
        )}
        {update.run_id && (
          <Link to="/runs/$runId" params={{ runId: update.run_id }} preload={false}>
            {words.run}
          </Link>
        )}
      </div>
    </li>
  );
}
