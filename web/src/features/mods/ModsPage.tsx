import { Button } from "@mantine/core";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate, useRouter } from "@tanstack/react-router";
import { useCallback, useMemo, useRef, useState } from "react";
import { ApiError, type Schema } from "../../api/client";
import { isPointer, pointerQuery } from "../../api/modPointer";
import type { Wish } from "../../api/serverMods";
import { usePlanDialog } from "../../components/mods/usePlanDialog";
import { EmptyState } from "../../components/ui/EmptyState";
import { ErrorState } from "../../components/ui/ErrorState";
import { type FilterChip, FilterChips } from "../../components/ui/FilterChips";
import { fieldErrors } from "../../components/ui/FormError";
import { Page } from "../../components/ui/Page";
import { StateMark } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { useCan } from "../../session/me";
import { common } from "../../text/common";
import { catalog as words } from "../../text/mods";
import { plan as planWords } from "../../text/serverMods";
import { modsFoundQuery } from "./api/findMods";
import { CardSkeletons } from "./CardSkeletons";
import { type GridHandle, ModGrid } from "./ModGrid";
import classes from "./ModsPage.module.css";
import { opened } from "./opened";
import { SearchField, useSlashKey } from "./SearchField";
import { ServerMenu } from "./ServerMenu";
import { changed, type ModsSearch, readModSearch } from "./search";
import { Toolbar } from "./Toolbar";
import { type ChosenServer, useChosenServer } from "./useChosenServer";
import { VersionChoice } from "./VersionChoice";

const route = getRouteApi("/frame/mods");

export default function ModsPage() {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/mods" });
  const queryClient = useQueryClient();
  const field = useRef<HTMLInputElement>(null);
  const grid = useRef<GridHandle>(null);
  const { startAt, onOpen } = useWayBack(search);
  const chosen = useChosenServer(search.server);
  const fitFor = chosen.server?.version ?? null;
  const follow = useFollowLink(search.server);
  useSlashKey(field);

  const change = (next: Partial<ModsSearch>, replace = false) =>
    void navigate({ search: (known) => changed(known, next), replace });

  const find = (q: string) => {
    if (isPointer(q)) void follow(q);
    const next = { q, sort: search.sort === "relevance" && q === "" ? undefined : search.sort };
    // Asked at once: the answer comes while the address changes and the page with it.
    void queryClient.prefetchInfiniteQuery(modsFoundQuery(changed(search, next), fitFor));
    change(next, true);
  };

  return (
    <Page title={words.title}>
      <div className={classes.controls}>
        <SearchField
          field={field}
          value={search.q ?? ""}
          startsHere={startAt === null}
          onSearch={find}
          onLeave={() => grid.current?.focusFirst()}
        />
        <Toolbar search={search} onChange={change}>
          <ServerMenu chosen={chosen} onChoose={(server) => change({ server })} />
        </Toolbar>
      </div>
      <Found
        search={search}
        chosen={chosen}
        onChange={change}
        grid={grid}
        startAt={startAt}
        onOpen={onOpen}
        onLeave={() => field.current?.focus()}
      />
    </Page>
  );
}

interface FoundProps {
  search: ModsSearch;
  chosen: ChosenServer;
  onChange: (change: Partial<ModsSearch>) => void;
  grid: React.RefObject<GridHandle | null>;
  startAt: number | null;
  onOpen: (modId: number) => void;
  onLeave: () => void;
}

function Found({ search, chosen, onChange, grid, startAt, onOpen, onLeave }: FoundProps) {
  const { server, installed } = chosen;
  const can = useCan();
  const plan = usePlanDialog(server);
  const { ask } = plan;
  const serverVersion = server?.version ?? null;
  const install = useCallback(
    ({ id, name }: Schema["ListedItem"], modid: string) => {
      const wish = (version?: string): Wish => ({
        kind: "changes",
        changes: [{ action: "install", mod: modid, version }],
      });
      ask(planWords.titles.install(name), wish(), undefined, (asked, onChange) => (
        <VersionChoice
          catalogId={id}
          modid={modid}
          serverVersion={serverVersion}
          value={asked.kind === "changes" ? (asked.changes[0]?.version ?? undefined) : undefined}
          onChange={(version) => onChange(wish(version))}
        />
      ));
    },
    [ask, serverVersion],
  );
  const found = useInfiniteQuery(modsFoundQuery(search, serverVersion));
  const pages = found.data?.pages;
  const mods = useMemo(() => unique(pages?.flatMap((page) => page.items) ?? []), [pages]);
  const { fetchNextPage } = found;
  const mayGoOn =
    found.hasNextPage && !found.isFetchingNextPage && !found.isPlaceholderData && !found.isFetchNextPageError;
  const goOn = useCallback(() => {
    if (mayGoOn) void fetchNextPage();
  }, [mayGoOn, fetchNextPage]);

  const newest = pages?.[pages.length - 1];
  const chips = chipsOf(search, onChange);
  const clear = () => onChange(NO_FILTERS);
  return (
    <div className={classes.found} aria-busy={found.isPlaceholderData || undefined}>
      <div className={classes.summary}>
        <p className={classes.count} role="status">
          {newest && newest.state === "ready" ? words.found(newest.total) : " "}
        </p>
        <FilterChips chips={chips} onClear={clear} />
        {newest?.refreshed_at && (
          <p className={classes.age}>
            {words.updated} <Time value={newest.refreshed_at} />
          </p>
        )}
      </div>
      {newest?.state === "unavailable" && mods.length > 0 && <StateMark tone="warn" label={words.staleTitle} />}
      {found.isPending && <CardSkeletons />}
      {found.isLoadingError && <Refused error={found.error} onRetry={found.refetch} onClear={clear} />}
      {newest && mods.length === 0 && <Nothing state={newest.state} search={search} onClear={clear} />}
      {newest && mods.length > 0 && (
        <>
          <ModGrid
            handle={grid}
            mods={mods}
            total={newest.total}
            serverVersion={server ? server.version : undefined}
            installed={installed}
            onInstall={server && can("operator", server.id) ? install : null}
            startAt={startAt}
            onOpen={onOpen}
            onNearEnd={goOn}
            onLeave={onLeave}
          />
          <div className={classes.end}>
            {found.isFetchNextPageError && (
              <>
                <StateMark tone="bad" label={words.moreFailed} />
                <Button variant="default" onClick={() => void fetchNextPage()}>
                  {common.tryAgain}
                </Button>
              </>
            )}
            {found.isFetchingNextPage && <span className="quiet">{words.loadingMore}</span>}
            {mayGoOn && (
              <Button variant="default" onClick={goOn}>
                {words.more}
              </Button>
            )}
            {!found.hasNextPage && <span className="quiet">{words.thatIsAll(mods.length)}</span>}
          </div>
        </>
      )}
      {plan.dialog}
    </div>
  );
}

const NO_FILTERS: Partial<ModsSearch> = {
  q: undefined,
  side: undefined,
  type: undefined,
  tag: undefined,
  author: undefined,
  version: undefined,
};

function Nothing({ state, search, onClear }: { state: string; search: ModsSearch; onClear: () => void }) {
  if (state === "filling") {
    return search.version ? (
      <EmptyState title={words.versionFillingTitle}>{words.versionFillingText}</EmptyState>
    ) : (
      <EmptyState title={words.fillingTitle}>{words.fillingText}</EmptyState>
    );
  }
  if (state === "unavailable") {
    return (
      <EmptyState
        title={words.unavailableTitle}
        action={
          <Link to="/jobs/$jobId" params={{ jobId: "mod_cache_refresh" }}>
            {words.toJob}
          </Link>
        }
      >
        {words.unavailableText}
      </EmptyState>
    );
  }
  const isLink = isPointer(search.q ?? "");
  return (
    <EmptyState
      title={isLink ? words.linkTitle : words.nothingTitle}
      action={
        <Button variant="default" onClick={onClear}>
          {words.clear}
        </Button>
      }
    >
      {isLink ? words.linkText : words.nothingText}
    </EmptyState>
  );
}

/** A filter that the mod database does not know is a mistake in the address, not a failure. */
function Refused({ error, onRetry, onClear }: { error: unknown; onRetry: () => unknown; onClear: () => void }) {
  if (!(error instanceof ApiError) || error.status !== 422) return <ErrorState error={error} onRetry={onRetry} />;
  return (
    <EmptyState
      title={words.refusedTitle}
      action={
        <Button variant="default" onClick={onClear}>
          {words.clear}
        </Button>
      }
    >
      {Object.values(fieldErrors(error)).join("; ") || error.message}
    </EmptyState>
  );
}

function chipsOf(search: ModsSearch, onChange: (change: Partial<ModsSearch>) => void): FilterChip[] {
  const { side, type, tag = [], author, version } = search;
  const chips: FilterChip[] = [];
  const add = (id: string, label: string, without: Partial<ModsSearch>) =>
    chips.push({ id, label, onRemove: () => onChange(without) });
  if (side) add("side", words.chips.side(side), { side: undefined });
  if (type) add("type", words.chips.type(type), { type: undefined });
  for (const name of tag) {
    add(`tag ${name}`, words.chips.tag(name), { tag: tag.filter((other) => other !== name) });
  }
  if (author) add("author", words.chips.author(author), { author: undefined });
  if (version) add("version", words.chips.gameVersion(version.slice(1)), { version: undefined });
  return chips;
}

/** Opens the mod that a pasted link means; one that means none is searched for like any other text. */
function useFollowLink(server: string | undefined): (text: string) => Promise<void> {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  return async (text) => {
    const meant = await queryClient.fetchQuery(pointerQuery(text)).catch(() => null);
    if (meant === null || meant.catalog_id === null) return;
    const { catalog_id: id, version } = meant;
    await navigate({
      to: "/mods/$modId",
      params: { modId: String(id) },
      search: readModSearch({ server, release: version ? `v${version}` : undefined }),
    });
  };
}

/** A refresh between two pages may move a mod from one to the other. */
function unique<Item extends { id: number }>(items: readonly Item[]): Item[] {
  return [...new Map(items.map((item) => [item.id, item])).values()];
}

/** Which mod one comes back from, when this is the very entry of the history from which it was opened. */
function useWayBack(search: ModsSearch): { startAt: number | null; onOpen: (modId: number) => void } {
  const router = useRouter();
  const [startAt] = useState(() => {
    const last = opened.last();
    return last && last.entry === router.history.location.state.__TSR_key ? last.modId : null;
  });
  const onOpen = useCallback(
    (modId: number) => {
      const { __TSR_key: entry = "", __TSR_index: place } = router.history.location.state;
      opened.remember({ entry, place, modId, search });
    },
    [router, search],
  );
  return { startAt, onOpen };
}
