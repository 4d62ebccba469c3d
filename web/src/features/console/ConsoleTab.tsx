import { Button } from "@mantine/core";
import { IconArrowDown } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { type CSSProperties, type RefObject, useRef, useState } from "react";
import type { Schema } from "../../api/client";
import { ErrorState } from "../../components/ui/ErrorState";
import { FormError } from "../../components/ui/FormError";
import { StateShape } from "../../components/ui/StateMark";
import { useFullHeight } from "../../lib/useFullHeight";
import { commandLine, consoleTab as words } from "../../text/console";
import { AnswerPanel } from "./AnswerPanel";
import { type Answer, useSendCommand } from "./api/commands";
import { CommandLine } from "./CommandLine";
import classes from "./ConsoleTab.module.css";
import type { Connection, ConsoleFeed } from "./feed";
import { LineList, type ListHandle } from "./LineList";
import { KEPT_ROWS, type LineFilter, type ShownLines } from "./lineStore";
import { QuickCommands } from "./QuickCommands";
import { Summary } from "./Summary";
import { Toolbar } from "./Toolbar";
import { useConsoleConnection, useFeed, useShownLines } from "./useFeed";
import { type ConsoleSearch, useSearch } from "./useSearch";

type Server = Schema["ServerDetails"];

const EVERYTHING: LineFilter = { groups: new Set(), showsProbes: false };

export default function ConsoleTab({ server }: { server: Server }) {
  const feed = useFeed(server.id);
  const connection = useConsoleConnection(feed);
  const shown = useShownLines(feed);
  const frame = useRef<HTMLDivElement>(null);
  const height = useFullHeight(frame);
  const list = useRef<ListHandle>(null);
  const search = useSearch(feed.lines, shown, list);
  const [filter, setFilter] = useState(EVERYTHING);
  const [answer, setAnswer] = useState<Answer | null>(null);
  const quick = useSendCommand(server.id, setAnswer);
  const change = (next: LineFilter) => {
    setFilter(next);
    feed.lines.setFilter(next);
  };
  if (connection.status === "refused" && shown.count === 0) {
    return <ErrorState error={connection.error} onRetry={feed.retry} />;
  }
  return (
    <div
      ref={frame}
      className={classes.console}
      style={{ "--console-height": height && `${height}px` } as CSSProperties}
    >
      <Toolbar
        serverId={server.id}
        lines={feed.lines}
        shown={shown}
        filter={filter}
        onFilter={change}
        search={search}
      />
      <Lines
        server={server}
        feed={feed}
        shown={shown}
        search={search}
        connection={connection}
        list={list}
        onShowAll={filter.groups.size > 0 ? () => change({ ...filter, groups: new Set() }) : undefined}
      />
      <ConnectionNote connection={connection} onRetry={feed.retry} />
      {answer && <AnswerPanel answer={answer} onClose={() => setAnswer(null)} />}
      {quick.isError && (
        <div className={classes.refused}>
          <FormError error={quick.error} />
        </div>
      )}
      <CommandLine
        server={server}
        onAnswer={setAnswer}
        start={
          <QuickCommands
            serverId={server.id}
            isDisabled={commandLine.whyNot(server.state) !== null}
            onSend={quick.mutate}
            onAnswer={setAnswer}
          />
        }
      />
      <Summary lines={feed.lines} />
    </div>
  );
}

interface LinesProps {
  server: Server;
  feed: ConsoleFeed;
  shown: ShownLines;
  search: ConsoleSearch;
  connection: Connection;
  list: RefObject<ListHandle | null>;
  /** Where only some types are shown. */
  onShowAll: (() => void) | undefined;
}

function Lines({ server, feed, shown, search, connection, list, onShowAll }: LinesProps) {
  return (
    <div className={classes.lines}>
      <LineList
        handle={list}
        lines={feed.lines}
        shown={shown}
        needle={search.needle}
        currentSeq={search.currentSeq}
        head={
          <>
            {shown.isCut && `${words.cut(KEPT_ROWS)} `}
            {words.earlier}{" "}
            <Link to="/servers/$serverId/logs" params={{ serverId: server.id }}>
              {words.logFiles}
            </Link>
            .
          </>
        }
        empty={
          onShowAll ? (
            <>
              {words.nothingFits}
              <Button variant="default" size="xs" onClick={onShowAll}>
                {words.showAll}
              </Button>
            </>
          ) : (
            connection.status === "live" && (server.state === "running" ? words.empty : words.emptyStopped)
          )
        }
      />
      {!shown.isFollowing && shown.unseen > 0 && (
        <Button
          size="xs"
          className={classes.unseen}
          leftSection={<IconArrowDown size={16} stroke={1.8} aria-hidden="true" />}
          onClick={() => feed.lines.follow()}
        >
          {words.newLines(shown.unseen)}
        </Button>
      )}
    </div>
  );
}

function ConnectionNote({ connection, onRetry }: { connection: Connection; onRetry: () => void }) {
  if (connection.status === "live") return null;
  if (connection.status === "refused") {
    return (
      <div className={classes.refused}>
        <FormError error={connection.error} />
      </div>
    );
  }
  const isLost = connection.status === "lost";
  return (
    <div className={classes.connection} data-lost={isLost || undefined} role="status">
      <StateShape tone={isLost ? "warn" : "busy"} />
      <span className={classes.connectionText}>{isLost ? words.lost : words.connecting}</span>
      {isLost && (
        <Button variant="default" size="compact-sm" onClick={onRetry}>
          {words.tryNow}
        </Button>
      )}
    </div>
  );
}
