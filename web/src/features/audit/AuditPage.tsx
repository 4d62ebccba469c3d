import { Button, TextInput } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { EmptyState } from "../../components/ui/EmptyState";
import { ErrorState } from "../../components/ui/ErrorState";
import { type FilterChip, FilterChips } from "../../components/ui/FilterChips";
import { FilterMenu } from "../../components/ui/FilterMenu";
import { LoadingState } from "../../components/ui/LoadingState";
import { NeedsRole } from "../../components/ui/NeedsRole";
import { Page } from "../../components/ui/Page";
import { shortDate } from "../../lib/time";
import { useCan, useMe } from "../../session/me";
import { audit as words } from "../../text/audit";
import classes from "./AuditPage.module.css";
import { auditQuery } from "./api/entries";
import { Entries } from "./Entries";
import { type AuditSearch, startOfDay } from "./search";
import { type KnownNames, useNames } from "./useNames";

const route = getRouteApi("/frame/audit");

export default function AuditPage() {
  const me = useMe();
  const can = useCan();
  return can("admin") ? (
    <Trail />
  ) : (
    <Page title={words.title}>
      <NeedsRole needed="admin" own={me.role} />
    </Page>
  );
}

function Trail() {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/audit" });
  const names = useNames();
  const trail = useInfiniteQuery(auditQuery(search));
  const entries = trail.data?.pages.flatMap((page) => page.items) ?? [];
  const change = (next: Partial<AuditSearch>) => void navigate({ search: (known) => ({ ...known, ...next }) });
  const clear = () => void navigate({ search: {} });
  const chips = chipsOf(search, change);
  return (
    <Page title={words.title} lead={words.lead}>
      <div className={classes.filters}>
        <Filters search={search} entries={entries} names={names} onChange={change} />
        <FilterChips chips={chips} onClear={clear} />
      </div>
      <div className={classes.trail} aria-busy={trail.isPlaceholderData || undefined}>
        {trail.isPending && <LoadingState rows={10} />}
        {trail.isLoadingError && <ErrorState error={trail.error} onRetry={trail.refetch} />}
        {trail.data && entries.length === 0 && <Nothing isFiltered={chips.length > 0} onClear={clear} />}
        {entries.length > 0 && <Entries entries={entries} names={names} onWho={(who) => change({ who })} />}
        {trail.hasNextPage && (
          <Button
            variant="default"
            className={classes.more}
            loading={trail.isFetchingNextPage}
            disabled={trail.isPlaceholderData}
            onClick={() => void trail.fetchNextPage()}
          >
            {words.more}
          </Button>
        )}
        {entries.length > 0 && !trail.hasNextPage && <p className={classes.end}>{words.thatIsAll}</p>}
      </div>
    </Page>
  );
}

interface FiltersProps {
  search: AuditSearch;
  entries: readonly Schema["AuditEntryView"][];
  names: KnownNames;
  onChange: (change: Partial<AuditSearch>) => void;
}

function Filters({ search, entries, names, onChange }: FiltersProps) {
  const toggle = (name: "who" | "action" | "result") => (value: string) =>
    onChange({ [name]: search[name] === value ? undefined : value });
  const who = sorted([...names.everybody, ...entries.map((entry) => entry.who.name)]);
  const actions = [...new Set([...words.knownActions, ...entries.map((entry) => entry.action)])];
  const results = [...new Set(["ok", "denied", ...entries.map((entry) => entry.result)])];
  return (
    <>
      <FilterMenu
        label={words.who}
        searchable
        options={who.map((name) => ({ value: name, label: name }))}
        selected={search.who ? [search.who] : []}
        onPick={toggle("who")}
      />
      <FilterMenu
        label={words.action}
        searchable
        options={actions.map((action) => ({ value: action, label: words.actionWord(action) }))}
        selected={search.action ? [search.action] : []}
        onPick={toggle("action")}
      />
      <FilterMenu
        label={words.result}
        options={results.map((result) => ({ value: result, label: words.resultWord(result) }))}
        selected={search.result ? [search.result] : []}
        onPick={toggle("result")}
      />
      <TextInput
        type="date"
        aria-label={words.since}
        className={classes.since}
        leftSection={<span className={classes.sinceLabel}>{words.since}</span>}
        leftSectionWidth={56}
        value={search.since ?? ""}
        onChange={(event) => onChange({ since: event.currentTarget.value || undefined })}
      />
    </>
  );
}

function Nothing({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  if (!isFiltered) return <EmptyState title={words.nothingYetTitle}>{words.nothingYetText}</EmptyState>;
  return (
    <EmptyState
      title={words.emptyTitle}
      action={
        <Button variant="default" onClick={onClear}>
          {words.clear}
        </Button>
      }
    >
      {words.emptyText}
    </EmptyState>
  );
}

function chipsOf(search: AuditSearch, onChange: (change: Partial<AuditSearch>) => void): FilterChip[] {
  const { who, action, result, since } = search;
  const chips: FilterChip[] = [];
  const add = (id: keyof AuditSearch, label: string) =>
    chips.push({ id, label, onRemove: () => onChange({ [id]: undefined }) });
  if (who) add("who", words.chips.who(who));
  if (action) add("action", words.chips.action(words.actionWord(action)));
  if (result) add("result", words.chips.result(words.resultWord(result)));
  if (since) add("since", words.chips.since(shortDate(Date.parse(startOfDay(since) ?? since))));
  return chips;
}

function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].sort((one, other) => one.localeCompare(other));
}
