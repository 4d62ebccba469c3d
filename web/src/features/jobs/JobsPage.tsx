import { useQuery } from "@tanstack/react-query";
import { jobsQuery } from "../../api/jobs";
import { EmptyState } from "../../components/ui/EmptyState";
import { ErrorState } from "../../components/ui/ErrorState";
import { Page } from "../../components/ui/Page";
import { useCan, useMe } from "../../session/me";
import { jobs as words } from "../../text/jobs";
import { JobTable, JobTableSkeleton } from "./JobTable";

export default function JobsPage() {
  return (
    <Page title={words.title} lead={<Lead />}>
      <Jobs />
    </Page>
  );
}

function Lead() {
  const can = useCan();
  const { role } = useMe();
  if (can("admin")) return words.lead;
  return `${words.lead} ${can("operator") ? words.operatorHint(role) : words.viewerHint(role)}`;
}

function Jobs() {
  const jobs = useQuery(jobsQuery());
  if (jobs.isPending) return <JobTableSkeleton />;
  if (jobs.isLoadingError) return <ErrorState error={jobs.error} onRetry={jobs.refetch} />;
  const { items } = jobs.data;
  if (items.length === 0) return <EmptyState title={words.empty}>{words.emptyText}</EmptyState>;
  return <JobTable jobs={items} />;
}
