import { ActionIcon, Button, Switch } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { IconDownload, IconRefresh } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useLayoutEffect, useRef } from "react";
import { ApiError, type Schema } from "../../api/client";
import { EmptyState } from "../../components/ui/EmptyState";
import { ErrorState } from "../../components/ui/ErrorState";
import { FilterChips } from "../../components/ui/FilterChips";
import { FilterMenu } from "../../components/ui/FilterMenu";
import { LoadingState } from "../../components/ui/LoadingState";
import { SearchBox } from "../../components/ui/SearchBox";
import { LINE_GROUPS, type LineGroup } from "../../lib/lineTypes";
import { lineGroups } from "../../text/lineTypes";
import { serverLogs as words } from "../../text/serverLogs";
import { downloadAddress, logQuery } from "./api/logs";
import { LogLines } from "./LogLines";
import classes from "./LogsTab.module.css";
import { groupsIn, type LogsSearch } from "./search";

interface LogViewProps {
  serverId: string;
  name: string;
  search: LogsSearch;
  onChange: (change: Partial<LogsSearch>) => void;
  /** The file is gone: back to the newest one. */
  onNewest: () => void;
}

/** One file: its end first, and earlier lines as far as one goes back. */
export function LogView({ serverId, name, search, onChange, onNewest }: LogViewProps) {
  const groups = groupsIn(search.types);
  const q = search.q ?? "";
  const log = useInfiniteQuery(logQuery({ serverId, name, groups, q }));
  const [isWrapped, setWrapped] = useLocalStorage({ key: "vsmanager-logs-wrap", defaultValue: true });
  if (log.error instanceof ApiError && log.error.status === 404 && !log.data) {
    return (
      <EmptyState title={words.goneTitle} action={<Button onClick={onNewest}>{words.showNewest}</Button>}>
        {words.goneText}
      </EmptyState>
    );
  }
  const setGroups = (next: readonly LineGroup[]) => onChange({ types: next.join(",") || undefined });
  const toggle = (value: string) =>
    setGroups(LINE_GROUPS.filter((group) => (group === value ? !groups.includes(group) : groups.includes(group))));
  return (
    <section className={classes.view} aria-label={name}>
      <div className={classes.tools}>
        <SearchBox
          className={classes.search}
          label={words.search}
          placeholder={words.searchHint}
          value={q}
          onSearch={(text) => onChange({ q: text || undefined })}
        />
        <FilterMenu
          label={words.types}
          options={LINE_GROUPS.map((group) => ({ value: group, label: lineGroups[group] }))}
          selected={groups}
          onPick={toggle}
        />
        <div className={classes.end}>
          <Switch
            className={classes.wrap}
            label={words.wrap}
            checked={isWrapped}
            onChange={(event) => setWrapped(event.currentTarget.checked)}
          />
          <ActionIcon
            variant="default"
            size={36}
            aria-label={words.refresh}
            title={words.refresh}
            loading={log.isRefetching && !log.isFetchingNextPage}
            onClick={() => void log.refetch()}
          >
            <IconRefresh size={18} stroke={1.8} aria-hidden="true" />
          </ActionIcon>
          <Button
            component="a"
            href={downloadAddress(serverId, name)}
            download
            variant="default"
            aria-label={words.downloadFile(name)}
            leftSection={<IconDownload size={16} stroke={1.8} aria-hidden="true" />}
          >
            {words.download}
          </Button>
        </div>
      </div>
      {groups.length > 0 && (
        <FilterChips
          chips={groups.map((group) => ({
            id: group,
            label: words.chip(lineGroups[group]),
            onRemove: () => toggle(group),
          }))}
          onClear={() => setGroups([])}
        />
      )}
      {log.isPending && <LoadingState rows={12} />}
      {log.isLoadingError && <ErrorState error={log.error} onRetry={log.refetch} />}
      {log.data && (
        <Pages
          pages={log.data.pages}
          name={name}
          isFiltered={groups.length > 0 || q !== ""}
          needle={q.toLowerCase()}
          isWrapped={isWrapped}
          hasMore={log.hasNextPage}
          isLoading={log.isFetchingNextPage}
          onMore={() => void log.fetchNextPage()}
        />
      )}
    </section>
  );
}

interface PagesProps {
  pages: readonly Schema["LogFilePage"][];
  name: string;
  isFiltered: boolean;
  needle: string;
  isWrapped: boolean;
  hasMore: boolean;
  isLoading: boolean;
  onMore: () => void;
}

function Pages({ pages, name, isFiltered, needle, isWrapped, hasMore, isLoading, onMore }: PagesProps) {
  const view = useRef<HTMLElement>(null);
  const height = useRef(0);
  const count = pages.reduce((sum, page) => sum + page.lines.length, 0);
  const last = pages.at(-1);

  // Earlier lines come above what is read, which stays where it is; at first that is the end of the file.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is for each page that was added
  useLayoutEffect(() => {
    if (!view.current) return;
    const grown = view.current.scrollHeight - height.current;
    view.current.scrollTop += grown;
    height.current = view.current.scrollHeight;
  }, [pages.length]);

  return (
    <>
      {isFiltered && (
        <p className={classes.found} role="status">
          {last?.is_partial ? words.foundSoFar(count) : hasMore ? words.foundSoFar(count) : words.found(count)}
        </p>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable with the keyboard */}
      <section ref={view} className={classes.lines} aria-label={words.lines(name)} tabIndex={0}>
        <div className={classes.start}>
          {last?.is_partial && <span>{words.partial(last.size_bytes - (last.next_before ?? 0), last.size_bytes)}</span>}
          {hasMore ? (
            <Button variant="default" size="xs" loading={isLoading} onClick={onMore}>
              {isFiltered && last?.is_partial ? words.goOn : words.earlier}
            </Button>
          ) : (
            <span>
              {count === 0 ? (isFiltered ? words.nothingFits : words.nothing) : !isFiltered && words.beginning}
            </span>
          )}
        </div>
        {pages.toReversed().map((page) => (
          <LogLines
            key={page.lines[0]?.number ?? `before ${page.next_before}`}
            lines={page.lines}
            needle={needle}
            isWrapped={isWrapped}
          />
        ))}
      </section>
    </>
  );
}
