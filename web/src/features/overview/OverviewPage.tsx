import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { useJobs } from "../../api/jobs";
import { serversQuery } from "../../api/servers";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { Page, Section } from "../../components/ui/Page";
import { StateMark } from "../../components/ui/StateMark";
import { useCan } from "../../session/me";
import { overview as words } from "../../text/overview";
import { caresQuery } from "./api/cares";
import { overviewQuery } from "./api/overview";
import { Facts } from "./Facts";
import { JobRows } from "./JobRows";
import { GoodToKnow, NeedsYou } from "./NeedsYou";

const Servers = lazy(() => import("./Servers"));

/** Is everything well? What needs someone is big, everything else is quiet. */
export default function OverviewPage() {
  const overview = useQuery(overviewQuery());
  const can = useCan();
  const jobs = useJobs();
  const servers = useQuery(serversQuery());
  const cares = useQuery(caresQuery());
  if (overview.isPending || jobs.isLoading || servers.isPending || cares.isPending) {
    return (
      <Page title={words.title}>
        <LoadingState rows={10} />
      </Page>
    );
  }
  return (
    <Page
      title={words.title}
      lead={overview.data?.status === "ok" && <StateMark tone="ok" label={words.allIsWell} quiet />}
    >
      {overview.isLoadingError && <ErrorState error={overview.error} onRetry={overview.refetch} />}
      {overview.data && <NeedsYou items={overview.data.attention} />}
      {servers.isLoadingError && <ErrorState error={servers.error} onRetry={servers.refetch} />}
      {servers.data && (
        <Suspense fallback={<ServersSkeleton />}>
          <Servers servers={servers.data.items} cares={cares.data} />
        </Suspense>
      )}
      {jobs.isLoadingError && <ErrorState error={jobs.error} onRetry={jobs.refetch} />}
      {jobs.data && <JobRows jobs={jobs.data.items} />}
      {overview.data && <GoodToKnow items={overview.data.attention} />}
      {overview.data && can("viewer") && <Facts overview={overview.data} />}
    </Page>
  );
}

function ServersSkeleton() {
  return (
    <Section title={words.servers}>
      <LoadingState rows={3} />
    </Section>
  );
}
