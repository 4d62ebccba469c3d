import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { RunTable } from "../../components/runs/RunTable";
import { EmptyState } from "../../components/ui/EmptyState";
import { ErrorState } from "../../components/ui/ErrorState";
import { FormError } from "../../components/ui/FormError";
import { LoadingState } from "../../components/ui/LoadingState";
import { Page } from "../../components/ui/Page";
import { runs as words } from "../../text/runs";
import { runsQuery } from "./api/runs";
import { NewRuns, useSteadyRuns } from "./NewRuns";
import { RunFilterBar } from "./RunFilterBar";
import classes from "./RunsPage.module.css";
import { type RunFilters, readFilters, writeFilters } from "./search";
import { useRunTitle } from "./useRunTitle";

const route = getRouteApi("/frame/runs");

export default function RunsPage() {
  const filters = readFilters(route.useSearch());
  const navigate = route.useNavigate();
  const change = (next: RunFilters) => void navigate({ search: writeFilters(next), replace: true, resetScroll: false });
  return (
    <Page title={words.title} lead={words.lead}>
      <div className={classes.body}>
        <RunFilterBar filters={filters} onChange={change} />
        <Runs
          filters={filters}
          onClear={() => change({ job: null, states: [], triggers: [] })}
          key={JSON.stringify(filters)}
        />
      </div>
    </Page>
  );
}

function Runs({ filters, onClear }: { filters: RunFilters; onClear: () => void }) {
  const runs = useInfiniteQuery(runsQuery(filters));
  const titleOf = useRunTitle();
  const all = runs.data?.pages.flatMap((page) => page.items) ?? [];
  const { shown, held, release } = useSteadyRuns(all);
  if (runs.isPending) return <RunsSkeleton />;
  if (runs.isLoadingError) return <ErrorState error={runs.error} onRetry={runs.refetch} />;
  if (all.length === 0) return <NoRuns filters={filters} onClear={onClear} />;
  return (
    <>
      <NewRuns count={held} onShow={release} />
      <RunTable runs={shown} label={words.table} jobTitle={titleOf} />
      <div className={classes.more}>
        {runs.isFetchNextPageError && <FormError error={runs.error} />}
        {runs.hasNextPage ? (
          <Button variant="default" loading={runs.isFetchingNextPage} onClick={() => void runs.fetchNextPage()}>
            {words.more}
          </Button>
        ) : (
          <p className="quiet">{words.all(shown.length)}</p>
        )}
      </div>
    </>
  );
}

function NoRuns({ filters, onClear }: { filters: RunFilters; onClear: () => void }) {
  const isFiltered = filters.job !== null || filters.states.length > 0 || filters.triggers.length > 0;
  if (isFiltered) {
    return (
      <EmptyState
        title={words.nothingFits}
        action={
          <Button variant="default" onClick={onClear}>
            {words.filters.clear}
          </Button>
        }
      >
        {words.nothingFitsText}
      </EmptyState>
    );
  }
  return (
    <EmptyState title={words.empty} action={<Link to="/jobs">{words.emptyAction}</Link>}>
      {words.emptyText}
    </EmptyState>
  );
}

function RunsSkeleton() {
  return (
    <div className={classes.skeleton}>
      <LoadingState rows={14} />
    </div>
  );
}
