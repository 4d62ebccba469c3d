import { Button } from "@mantine/core";
import { IconUserPlus } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { EmptyState } from "../../components/ui/EmptyState";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { SearchBox } from "../../components/ui/SearchBox";
import { useCan } from "../../session/me";
import { actDialog, players as words } from "../../text/players";
import { ActDialogs, type Asked } from "./ActDialogs";
import { playersQuery } from "./api/players";
import classes from "./PlayersTab.module.css";
import { PlayerTable } from "./PlayerTable";
import { SessionsDialog } from "./SessionsDialog";
import { WhitelistMode } from "./WhitelistMode";

interface PlayersProps {
  server: Schema["ServerDetails"];
  q: string;
  onSearch: (q: string) => void;
}

/** Who is on, then who was seen last, and what can be done about them. */
export function Players({ server, q, onSearch }: PlayersProps) {
  const can = useCan();
  const list = useInfiniteQuery(playersQuery(server.id, q));
  const [asked, setAsked] = useState<Asked | null>(null);
  const [isAsking, setAsking] = useState(false);
  const [opened, setOpened] = useState<Schema["PlayerView"] | null>(null);
  const [isOpen, setOpen] = useState(false);
  const isRunning = server.state === "running";
  const ask = (next: Asked) => {
    setAsked(next);
    setAsking(true);
  };
  if (list.isPending) return <LoadingState rows={8} />;
  if (list.isLoadingError) return <ErrorState error={list.error} onRetry={list.refetch} />;
  const [first] = list.data.pages;
  const everybody = list.data.pages.flatMap((page) => page.items);
  const add = (isMain: boolean) =>
    can("operator") && (
      <Button
        variant={isMain ? undefined : "default"}
        leftSection={<IconUserPlus size={16} stroke={1.8} aria-hidden="true" />}
        disabled={!isRunning}
        onClick={() => ask({ act: "whitelist_anybody", player: null })}
      >
        {isMain ? words.emptyAction : actDialog.whitelistAnybody.button}
      </Button>
    );
  return (
    <div className={classes.players} aria-busy={list.isPlaceholderData || undefined}>
      {first && <Head server={server} list={first} onAsk={ask} />}
      {(q || everybody.length > 0) && (
        <div className={classes.tools}>
          <SearchBox
            className={classes.find}
            label={words.find}
            placeholder={words.findHint}
            value={q}
            onSearch={onSearch}
          />
          {add(false)}
        </div>
      )}
      {everybody.length > 0 && (
        <PlayerTable
          players={everybody}
          isRunning={isRunning}
          onAsk={ask}
          onOpen={(player) => {
            setOpened(player);
            setOpen(true);
          }}
        />
      )}
      {everybody.length === 0 &&
        (q ? (
          <EmptyState
            title={words.nothingFits(q)}
            action={
              <Button variant="default" onClick={() => onSearch("")}>
                {words.clear}
              </Button>
            }
          >
            {can("operator") && words.nothingFitsText}
          </EmptyState>
        ) : (
          <EmptyState title={words.emptyTitle} action={add(true)}>
            {words.emptyText}
          </EmptyState>
        ))}
      {list.hasNextPage && (
        <Button
          variant="default"
          className={classes.more}
          loading={list.isFetchingNextPage}
          disabled={list.isPlaceholderData}
          onClick={() => void list.fetchNextPage()}
        >
          {words.more}
        </Button>
      )}
      {asked && <ActDialogs asked={asked} opened={isAsking} serverId={server.id} onClose={() => setAsking(false)} />}
      {opened && <SessionsDialog serverId={server.id} player={opened} opened={isOpen} onClose={() => setOpen(false)} />}
    </div>
  );
}

interface HeadProps {
  server: Schema["ServerDetails"];
  list: Schema["PlayerList"];
  onAsk: (asked: Asked) => void;
}

function Head({ server, list, onAsk }: HeadProps) {
  const isRunning = server.state === "running";
  return (
    <div className={classes.head}>
      <div className={classes.count}>
        <strong>
          {isRunning && list.online > 0 ? words.online(list.online, list.max_players) : words.nobodyOnline}
        </strong>
        {isRunning && !list.is_exact && <span className="quiet">{words.notExact}</span>}
      </div>
      <WhitelistMode mode={list.whitelist} isRunning={isRunning} onAsk={onAsk} />
    </div>
  );
}
