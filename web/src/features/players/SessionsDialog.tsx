import { Button, Modal } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { Schema } from "../../api/client";
import { DataTable } from "../../components/ui/DataTable";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { StateMark } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { formatDuration } from "../../lib/duration";
import { common } from "../../text/common";
import { players, sessions as words } from "../../text/players";
import { sessionsQuery } from "./api/players";
import classes from "./PlayersTab.module.css";

interface SessionsDialogProps {
  serverId: string;
  player: Schema["PlayerView"];
  opened: boolean;
  onClose: () => void;
}

/** When a player was on, and how it ended. */
export function SessionsDialog({ serverId, player, opened, onClose }: SessionsDialogProps) {
  // Only a dialog that was there before it opened gives the focus back.
  const isMounted = useMounted();
  return (
    <Modal
      opened={opened && isMounted}
      onClose={onClose}
      size="lg"
      title={players.sessionsOf(player.name)}
      closeButtonProps={{ "aria-label": common.close }}
    >
      <div className={classes.form}>
        <p className={classes.text}>
          {words.total(formatDuration(player.play_time_seconds * 1000), player.sessions)}
          {player.first_seen && (
            <>
              {" · "}
              {words.firstSeen} <Time value={player.first_seen} />
            </>
          )}
        </p>
        <Sessions serverId={serverId} name={player.name} />
        {player.uid && (
          <p className={`${classes.text} quiet`}>
            {words.uid} <code>{player.uid}</code>
          </p>
        )}
      </div>
    </Modal>
  );
}

function Sessions({ serverId, name }: { serverId: string; name: string }) {
  const list = useInfiniteQuery(sessionsQuery(serverId, name));
  if (list.isPending) return <LoadingState rows={5} />;
  if (list.isLoadingError) return <ErrorState error={list.error} onRetry={list.refetch} />;
  const items = list.data.pages.flatMap((page) => page.items);
  if (items.length === 0) return <p className={`${classes.text} quiet`}>{words.empty}</p>;
  return (
    <>
      <DataTable label={players.sessionsOf(name)} stacked>
        <thead>
          <tr>
            <th>{words.table.joined}</th>
            <th data-align="end">{words.table.took}</th>
            <th>{words.table.end}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((session) => (
            <tr key={session.joined_at}>
              <td data-label={words.table.joined} data-width="fill">
                <Time value={session.joined_at} />
              </td>
              <td data-label={words.table.took} data-align="end" className={classes.figure}>
                {formatDuration(session.seconds * 1000)}
              </td>
              <td data-label={words.table.end}>
                {session.left_at === null && session.end === null ? (
                  <StateMark tone="ok" label={words.now} />
                ) : (
                  words.end(session.end)
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </DataTable>
      {list.hasNextPage && (
        <Button
          variant="default"
          className={classes.more}
          loading={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          {words.more}
        </Button>
      )}
    </>
  );
}
