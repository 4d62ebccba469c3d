import { useQuery } from "@tanstack/react-query";
import type { Schema } from "../../api/client";
import { jobsQuery } from "../../api/jobs";
import { serversQuery } from "../../api/servers";
import { operationTitle } from "../../text/runs";

type Run = Pick<Schema["Run"], "job_id" | "server_id">;

/** What a run is called: the title of its job, or what was done with which server. */
export function useRunTitle(): (run: Run) => string {
  const jobs = useQuery(jobsQuery()).data?.items ?? [];
  const servers = useQuery(serversQuery()).data?.items ?? [];
  return (run) => {
    const server = servers.find((item) => item.id === run.server_id)?.name ?? run.server_id;
    return jobs.find((job) => job.id === run.job_id)?.title ?? operationTitle(run.job_id, server) ?? run.job_id;
  };
}
