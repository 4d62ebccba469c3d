import { useQuery } from "@tanstack/react-query";
import type { Schema } from "../../api/client";
import { useJobs } from "../../api/jobs";
import { schedulesQuery } from "../../api/schedules";
import { serversQuery } from "../../api/servers";
import { operationTitle } from "../../text/runs";

type Run = Pick<Schema["Run"], "job_id" | "server_id">;

/** What a run is called: the title of its job, the name of its schedule, or what was done with which server. */
export function useRunTitle(): (run: Run) => string {
  const jobs = useJobs().data?.items ?? [];
  const servers = useQuery(serversQuery()).data?.items ?? [];
  const schedules = useQuery(schedulesQuery()).data?.items ?? [];
  return (run) => {
    const schedule = schedules.find((item) => item.job_id === run.job_id);
    if (schedule) return schedule.name;
    const server = servers.find((item) => item.id === run.server_id)?.name ?? run.server_id;
    return jobs.find((job) => job.id === run.job_id)?.title ?? operationTitle(run.job_id, server) ?? run.job_id;
  };
}
