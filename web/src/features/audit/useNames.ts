import { useQuery } from "@tanstack/react-query";
import { jobsQuery } from "../../api/jobs";
import { serversQuery } from "../../api/servers";
import type { AuditNames } from "../../text/audit";
import { tokenNamesQuery, userNamesQuery } from "./api/names";

export interface KnownNames extends AuditNames {
  /** Everybody who may have done something. */
  everybody: readonly string[];
}

/** Names instead of ids, as far as they are known. */
export function useNames(): KnownNames {
  const users = useQuery(userNamesQuery()).data;
  const tokens = useQuery(tokenNamesQuery()).data;
  const jobs = useQuery(jobsQuery()).data;
  const servers = useQuery(serversQuery()).data;
  return {
    user: (id) => users?.get(id),
    token: (id) => tokens?.get(id),
    server: (id) => servers?.items.find((server) => server.id === id)?.name,
    job: (id) => jobs?.items.find((job) => job.id === id)?.title,
    everybody: [...(users?.values() ?? []), ...(tokens?.values() ?? [])],
  };
}
