import { Button } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { openAlertsQuery } from "../../api/alerts";
import type { Schema } from "../../api/client";
import { serversQuery } from "../../api/servers";
import { EmptyState } from "../../components/ui/EmptyState";
import { ErrorState } from "../../components/ui/ErrorState";
import { FilterChips } from "../../components/ui/FilterChips";
import { FilterMenu } from "../../components/ui/FilterMenu";
import { LoadingState } from "../../components/ui/LoadingState";
import { Page, Section } from "../../components/ui/Page";
import { StateMark } from "../../components/ui/StateMark";
import { useCan, useCanSomewhere, useHighestRole } from "../../session/me";
import { alerts as words } from "../../text/notifications";
import { AlertItems } from "./AlertItems";
import classes from "./AlertsPage.module.css";
import { closedAlertsQuery } from "./api/alerts";

const route = getRouteApi("/frame/alerts");

/** What needs somebody, then what did. */
export default function AlertsPage() {
  const { server } = route.useSearch();
  const navigate = route.useNavigate();
  const can = useCan();
  const canSomewhere = useCanSomewhere();
  const role = useHighestRole();
  const servers = useQuery(serversQuery());
  const open = useQuery(openAlertsQuery());
  const over = useInfiniteQuery(closedAlertsQuery(server ?? null));
  const names = new Map(servers.data?.items.map((item) => [item.id, item.name]));
  const narrow = (id: string | undefined) => void navigate({ search: { server: id }, replace: true });
  const openOnes = open.data?.items.filter((alert) => !server || alert.server_id === server);
  const overOnes = over.data?.pages.flatMap((page) => page.items);
  const error = (open.isLoadingError && open.error) || (over.isLoadingError && over.error);
  const isFirst = open.isPending || over.isPending || servers.isPending;
  return (
    <Page
      title={words.title}
      lead={words.lead}
      actions={can("admin") && <Link to="/notifications">{words.toNotifications}</Link>}
    >
      {isFirst && <LoadingState rows={10} />}
      {error && <ErrorState error={error} onRetry={() => Promise.all([open.refetch(), over.refetch()])} />}
      {!isFirst && !error && names.size > 1 && (
        <div className={classes.filters}>
          <FilterMenu
            label={words.filterServer}
            searchable
            options={[...names].map(([value, label]) => ({ value, label }))}
            selected={server ? [server] : []}
            onPick={(id) => narrow(id === server ? undefined : id)}
          />
          {server && (
            <FilterChips
              chips={[{ id: server, label: names.get(server) ?? server, onRemove: () => narrow(undefined) }]}
              onClear={() => narrow(undefined)}
            />
          )}
        </div>
      )}
      {!isFirst && openOnes && overOnes && (
        <>
          {openOnes.length + overOnes.length === 0 ? (
            <Nothing isFiltered={server !== undefined} />
          ) : (
            <OpenOnes
              alerts={openOnes}
              names={names}
              others={server ? 0 : (open.data?.open_count ?? 0) - openOnes.length}
            />
          )}
          {overOnes.length > 0 && (
            <Section title={words.over}>
              <AlertItems alerts={overOnes} names={names} label={words.over} />
              {over.hasNextPage && (
                <Button
                  variant="default"
                  className={classes.more}
                  loading={over.isFetchingNextPage}
                  onClick={() => void over.fetchNextPage()}
                >
                  {words.more}
                </Button>
              )}
            </Section>
          )}
        </>
      )}
      {!isFirst && !canSomewhere("operator") && <p className={classes.hint}>{words.viewerHint(role)}</p>}
    </Page>
  );
}

interface OpenOnesProps {
  alerts: readonly Schema["Alert"][];
  names: ReadonlyMap<string, string>;
  /** So many more are open than are listed. */
  others: number;
}

const WEIGHT = { critical: 0, warning: 1, info: 2 } as const;

/** The worst first, and those that somebody has seen below the others. */
function OpenOnes({ alerts, names, others }: OpenOnesProps) {
  const sorted = [...alerts].sort((one, other) => WEIGHT[one.severity] - WEIGHT[other.severity]);
  const fresh = sorted.filter((alert) => alert.acknowledged_at === null);
  const seen = sorted.filter((alert) => alert.acknowledged_at !== null);
  return (
    <>
      {alerts.length === 0 && (
        <p className={classes.calm}>
          <StateMark tone="ok" label={words.nothingOpen} quiet />
        </p>
      )}
      {fresh.length > 0 && (
        <Section title={words.open}>
          <AlertItems alerts={fresh} names={names} label={words.open} />
        </Section>
      )}
      {seen.length > 0 && (
        <Section title={words.seen}>
          <AlertItems alerts={seen} names={names} label={words.seen} />
        </Section>
      )}
      {others > 0 && <p className={classes.hint}>{words.andMore(others)}</p>}
    </>
  );
}

function Nothing({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) return <p className={classes.hint}>{words.nothingFits}</p>;
  return <EmptyState title={words.emptyTitle}>{words.emptyText}</EmptyState>;
}
