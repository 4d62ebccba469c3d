import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { EmptyState } from "../../components/ui/EmptyState";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { SearchBox } from "../../components/ui/SearchBox";
import { Time } from "../../components/ui/Time";
import { printable } from "../../lib/printable";
import { chat as words } from "../../text/players";
import { chatQuery } from "./api/players";
import classes from "./Chat.module.css";

interface ChatProps {
  serverId: string;
  q: string;
  onSearch: (q: string) => void;
}

/** What players said, newest first. It is text, whatever it looks like. */
export function Chat({ serverId, q, onSearch }: ChatProps) {
  const chat = useInfiniteQuery(chatQuery(serverId, q));
  if (chat.isPending) return <LoadingState rows={8} />;
  if (chat.isLoadingError) return <ErrorState error={chat.error} onRetry={chat.refetch} />;
  const lines = chat.data.pages.flatMap((page) => page.items);
  return (
    <div className={classes.chat} aria-busy={chat.isPlaceholderData || undefined}>
      {(q || lines.length > 0) && (
        <SearchBox
          className={classes.find}
          label={words.find}
          placeholder={words.findHint}
          value={q}
          onSearch={onSearch}
        />
      )}
      {lines.length === 0 && !q && <EmptyState title={words.emptyTitle}>{words.emptyText}</EmptyState>}
      {lines.length === 0 && q && (
        <EmptyState
          title={words.nothingFits(q)}
          action={
            <Button variant="default" onClick={() => onSearch("")}>
              {words.clear}
            </Button>
          }
        />
      )}
      {lines.length > 0 && (
        <ol className={classes.lines} aria-label={words.label}>
          {lines.map((line) => (
            <li key={line.seq} className={classes.line}>
              <span className={classes.who}>
                <strong className={classes.name}>{printable(line.name)}</strong>
                {line.group !== null && line.group !== 0 && (
                  <span className={classes.group}>{words.group(line.group)}</span>
                )}
              </span>
              <span className={classes.text}>{printable(line.text)}</span>
              <span className={classes.when}>
                <Time value={line.at} />
              </span>
            </li>
          ))}
        </ol>
      )}
      {chat.hasNextPage && (
        <Button
          variant="default"
          className={classes.more}
          loading={chat.isFetchingNextPage}
          disabled={chat.isPlaceholderData}
          onClick={() => void chat.fetchNextPage()}
        >
          {words.more}
        </Button>
      )}
      {lines.length > 0 && !chat.hasNextPage && <p className={classes.end}>{words.thatIsAll}</p>}
    </div>
  );
}
