import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Schema } from "../../api/client";
import { EmptyState } from "../../components/ui/EmptyState";
import { ErrorState } from "../../components/ui/ErrorState";
import { type FilterChip, FilterChips } from "../../components/ui/FilterChips";
import { FilterMenu } from "../../components/ui/FilterMenu";
import { FormError } from "../../components/ui/FormError";
import { LoadingState } from "../../components/ui/LoadingState";
import { SearchBox } from "../../components/ui/SearchBox";
import { backupKinds, backups as words } from "../../text/backups";
import { backupsQuery } from "./api/list";
import classes from "./BackupList.module.css";
import { BackupTable } from "./BackupTable";
import { BACKUP_KINDS, type BackupKind, type BackupsSearch } from "./search";
import { useBackupActs } from "./useBackupActs";

/** From so many on, one looks for a backup. */
const MANY = 8;

interface BackupListProps {
  search: BackupsSearch;
  onSearch: (next: BackupsSearch) => void;
  /** Of which server all are; without it they are of any. */
  serverId?: string;
  /** Those that there are, to choose from. */
  servers?: readonly Schema["ServerView"][];
  /** Where there is none at all. */
  empty: ReactNode;
}

/** Backups that can be narrowed, newest first, and what can be done with each. */
export function BackupList({ search, onSearch, serverId, servers, empty }: BackupListProps) {
  const acts = useBackupActs();
  const list = useInfiniteQuery(backupsQuery(serverId ? { ...search, server: serverId } : search));
  const first = list.data?.pages[0];
  const shown = list.data?.pages.flatMap((page) => page.items) ?? [];
  const chips = chipsOf(search, onSearch, servers);
  const isFiltered = chips.length > 0;
  const isLong = isFiltered || (first?.total_count ?? 0) > MANY || servers !== undefined;
  if (first && first.total_count === 0 && !isFiltered) return empty;
  return (
    <div className={classes.list}>
      {first && isLong && (
        <search className={classes.bar}>
          <SearchBox
            className={classes.search}
            label={words.search}
            placeholder={serverId ? words.searchHintHere : words.searchHint}
            value={search.q ?? ""}
            onSearch={(q) => onSearch({ ...search, q: q || undefined })}
          />
          {servers && (
            <FilterMenu
              label={words.filters.server}
              searchable={servers.length > MANY}
              options={servers.map((server) => ({ value: server.id, label: server.name }))}
              selected={search.server ? [search.server] : []}
              onPick={(server) => onSearch({ ...search, server: search.server === server ? undefined : server })}
            />
          )}
          <FilterMenu
            label={words.filters.kind}
            options={BACKUP_KINDS.map((kind) => ({ value: kind, label: backupKinds[kind] }))}
            selected={search.kind ? [search.kind] : []}
            onPick={(kind) => onSearch({ ...search, kind: search.kind === kind ? undefined : (kind as BackupKind) })}
          />
          <span className={classes.total} role="status">
            {isFiltered
              ? words.totalFiltered(first.total_count, first.total_bytes)
              : words.total(first.total_count, first.total_bytes)}
          </span>
        </search>
      )}
      {isFiltered && <FilterChips chips={chips} onClear={() => onSearch({})} />}
      <div aria-busy={list.isPlaceholderData || undefined} className={classes.rows}>
        {list.isPending && <LoadingState rows={10} />}
        {list.isLoadingError && <ErrorState error={list.error} onRetry={list.refetch} />}
        {first && shown.length === 0 && <NothingFits onClear={() => onSearch({})} />}
        {shown.length > 0 && (
          <BackupTable
            backups={shown}
            onAct={acts.ask}
            servers={servers && new Set(servers.map((server) => server.id))}
          />
        )}
      </div>
      {list.isFetchNextPageError && <FormError error={list.error} />}
      {list.hasNextPage && (
        <Button
          variant="default"
          className={classes.more}
          loading={list.isFetchingNextPage}
          disabled={list.isPlaceholderData}
          onClick={() => void list.fetchNextPage()}
        >
          {words.showMore}
        </Button>
      )}
      {acts.dialogs}
    </div>
  );
}

function NothingFits({ onClear }: { onClear: () => void }) {
  return (
    <EmptyState
      title={words.nothingFits}
      action={
        <Button variant="default" onClick={onClear}>
          {words.showAll}
        </Button>
      }
    >
      {words.nothingFitsText}
    </EmptyState>
  );
}

function chipsOf(
  search: BackupsSearch,
  onSearch: (next: BackupsSearch) => void,
  servers: readonly Schema["ServerView"][] | undefined,
): FilterChip[] {
  const { server, kind, q } = search;
  const chips: FilterChip[] = [];
  if (server && servers) {
    const name = servers.find((item) => item.id === server)?.name ?? server;
    chips.push({
      id: "server",
      label: words.chip(words.filters.server, name),
      onRemove: () => onSearch({ ...search, server: undefined }),
    });
  }
  if (kind) {
    chips.push({
      id: "kind",
      label: words.chip(words.filters.kind, backupKinds[kind]),
      onRemove: () => onSearch({ ...search, kind: undefined }),
    });
  }
  if (q) chips.push({ id: "q", label: words.quoted(q), onRemove: () => onSearch({ ...search, q: undefined }) });
  return chips;
}
