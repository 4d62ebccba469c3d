import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import type { Schema } from "../api/client";
import { keys } from "../api/keys";
import type { LiveEvent } from "./events";

type Run = Schema["Run"];
type RunList = Schema["RunList"];
type JobView = Schema["JobView"];
type JobList = Schema["JobList"];

/** Brings what the pages show in line with an event: at once where the event says it all, else by asking again. */
export function applyEvent(queryClient: QueryClient, event: LiveEvent): void {
  const refetch = (key: readonly unknown[]) => void queryClient.invalidateQueries({ queryKey: key });
  switch (event.event) {
    case "run":
      applyRun(queryClient, event.data);
      return;
    case "job":
      refetch(keys.jobs);
      refetch(keys.overview);
      return;
    case "game_version":
      refetch(keys.gameVersions);
      refetch(keys.overview);
      return;
    case "server":
      refetchServer(queryClient, event.data.server_id);
      refetch(keys.overview);
      refetch(keys.cares);
      return;
    case "players":
      refetch(keys.servers);
      refetchExactly(queryClient, keys.server(event.data.server_id));
      refetch(keys.serverPlayers(event.data.server_id));
      refetch(keys.chat(event.data.server_id));
      return;
    case "server_mods":
      refetch(keys.serverMods(event.data.server_id));
      return;
    case "server_config":
      refetch(keys.serverConfig(event.data.server_id));
      refetchServer(queryClient, event.data.server_id);
      return;
    case "backups":
      refetch(keys.backups);
      refetch(keys.cares);
      return;
    case "schedules":
      refetch(keys.schedules);
      refetch(keys.cares);
      return;
    case "updates":
      refetch(keys.updates);
      refetch(keys.cares);
      return;
    case "alerts":
      refetch(keys.alerts);
      return;
    case "notifications":
      refetch(keys.notifications);
      refetch(keys.cares);
      return;
    case "installed_versions":
      refetch(keys.installedVersions);
      refetch(keys.newServer);
      return;
    case "settings":
      refetch(keys.settings);
      refetch(keys.jobs);
      return;
    case "overview":
      refetch(keys.overview);
      refetch(keys.upstreams);
      // Whether the settings file can be used is part of both.
      refetch(keys.settings);
      return;
    case "access":
      refetch(keys.users);
      refetch(keys.tokens);
      refetch(keys.audit);
      return;
    case "reset":
      refetchAll(queryClient);
      return;
    case "hello":
    case "bye":
  }
}

/** What a server is, has done and who is on it; its measurements come once a minute by themselves. */
function refetchServer(queryClient: QueryClient, serverId: string): void {
  refetchExactly(queryClient, keys.server(serverId));
  for (const queryKey of [keys.servers, keys.serverTimeline(serverId), keys.serverPlayers(serverId)]) {
    void queryClient.invalidateQueries({ queryKey });
  }
}

/** Without what follows the key, which other events tell. */
function refetchExactly(queryClient: QueryClient, queryKey: readonly unknown[]): void {
  void queryClient.invalidateQueries({ queryKey, exact: true });
}

/** All but the session, which has no part in the events. */
export function refetchAll(queryClient: QueryClient): void {
  void queryClient.invalidateQueries({ predicate: (query) => query.queryKey[0] !== keys.session[0] });
}

function applyRun(queryClient: QueryClient, run: Run): void {
  queryClient.setQueryData<Run>(keys.run(run.id), (known) => known && { ...known, ...run });
  const before = queryClient
    .getQueriesData<JobList | JobView>({ queryKey: keys.jobs })
    .flatMap(([, data]) => jobsIn(data))
    .find((job) => job.id === run.job_id);
  queryClient.setQueriesData<unknown>({ queryKey: keys.jobs }, (known: unknown) => withRunInJobs(known, run));
  let isListed = false;
  queryClient.setQueriesData<unknown>({ queryKey: keys.runs }, (known: unknown) => {
    const next = withRunInLists(known, run);
    isListed ||= next !== known;
    return next;
  });
  // Lists leave out or take in a run by its state, and only the manager knows the filters.
  if (!isListed || run.ended_at !== null) void queryClient.invalidateQueries({ queryKey: keys.runs });
  if (run.ended_at !== null) {
    void queryClient.invalidateQueries({ queryKey: keys.run(run.id) });
    void queryClient.invalidateQueries({ queryKey: keys.jobs });
    refreshWhatTheRunBrought(queryClient, run);
  }
  if (run.ended_at !== null || before?.running?.id !== run.id) {
    void queryClient.invalidateQueries({ queryKey: keys.overview });
  }
}

/** Runs after which other versions are installed, or are used by other servers. */
const INSTALL_RUNS: ReadonlySet<string> = new Set([
  "version_install",
  "version_remove",
  "server_create",
  "server_version",
  "server_delete",
]);

/** What has ended may have changed a server, which versions are installed, or the catalogue and how old it is. */
function refreshWhatTheRunBrought(queryClient: QueryClient, run: Run): void {
  if (run.server_id !== null) refetchServer(queryClient, run.server_id);
  const changed = INSTALL_RUNS.has(run.job_id)
    ? [keys.installedVersions]
    : run.server_id === null && run.state === "succeeded"
      ? [keys.mods, keys.gameVersions, keys.upstreams, keys.allServerMods]
      : [];
  for (const queryKey of changed) void queryClient.invalidateQueries({ queryKey });
}

function withRunInLists(known: unknown, run: Run): unknown {
  if (isPaged(known)) {
    const pages = known.pages.map((page) => withRunInList(page, run));
    return pages.some((page, index) => page !== known.pages[index]) ? { ...known, pages } : known;
  }
  return isRunList(known) ? withRunInList(known, run) : known;
}

function withRunInList(list: RunList, run: Run): RunList {
  return list.items.some((item) => item.id === run.id)
    ? { ...list, items: list.items.map((item) => (item.id === run.id ? { ...item, ...run } : item)) }
    : list;
}

function withRunInJobs(known: unknown, run: Run): unknown {
  if (isJobList(known)) return { ...known, items: known.items.map((job) => withRun(job, run)) };
  return isJob(known) ? withRun(known, run) : known;
}

function withRun(job: JobView, run: Run): JobView {
  if (job.id !== run.job_id) return job;
  const wasTick = run.state === "skipped" || run.state === "missed";
  const { id, state, trigger, scheduled_for, started_at, ended_at, reason } = run;
  const recent = { id, state, trigger, scheduled_for, started_at, ended_at, reason };
  const others = job.recent_runs.filter((item) => item.id !== run.id);
  const isKnown = others.length < job.recent_runs.length;
  return {
    ...job,
    running: run.ended_at === null ? run : job.running?.id === run.id ? null : job.running,
    last_run: wasTick ? job.last_run : run,
    recent_runs: isKnown
      ? job.recent_runs.map((item) => (item.id === run.id ? recent : item))
      : [...others, recent].slice(-Math.max(job.recent_runs.length, 30)),
  };
}

function jobsIn(data: unknown): JobView[] {
  if (isJobList(data)) return data.items;
  return isJob(data) ? [data] : [];
}

function isPaged(known: unknown): known is InfiniteData<RunList> {
  return typeof known === "object" && known !== null && "pages" in known;
}

function isRunList(known: unknown): known is RunList {
  return typeof known === "object" && known !== null && "items" in known;
}

function isJobList(known: unknown): known is JobList {
  return isRunList(known) && known.items.every((item) => "health" in item);
}

function isJob(known: unknown): known is JobView {
  return typeof known === "object" && known !== null && "health" in known && "recent_runs" in known;
}
