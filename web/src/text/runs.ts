import type { Schema } from "../api/client";
import { formatBytes } from "../lib/bytes";
import { formatDuration } from "../lib/duration";
import { formatNumber } from "../lib/numbers";
import { reasonWords } from "./runStates";

type Run = Schema["Run"];
type Report = Readonly<Record<string, unknown>>;

const plural = (count: number, one: string, many: string) => `${formatNumber(count)} ${count === 1 ? one : many}`;
const figure = (report: Report, name: string) => (typeof report[name] === "number" ? report[name] : 0);

/** Runs that belong to no job: each is asked for by itself. `of` names the server. */
const operations: Record<string, (of: string | null) => string> = {
  server_create: (of) => (of ? `Create ${of}` : "Create a server"),
  server_start: (of) => (of ? `Start ${of}` : "Start a server"),
  server_stop: (of) => (of ? `Stop ${of}` : "Stop a server"),
  server_restart: (of) => (of ? `Restart ${of}` : "Restart a server"),
  server_kill: (of) => (of ? `Kill ${of}` : "Kill a server"),
  server_version: (of) => (of ? `Switch ${of} to another version` : "Switch a server to another version"),
  server_mods: (of) => (of ? `Change the mods of ${of}` : "Change the mods of a server"),
  mod_updates_check: () => "Check the mods of servers for updates",
  server_backup: (of) => (of ? `Back up ${of}` : "Back up a server"),
  server_restore: (of) => (of ? `Put back a backup of ${of}` : "Put back a backup"),
  server_update: (of) => (of ? `Update ${of}` : "Update a server"),
  backup_verify: (of) => (of ? `Verify a backup of ${of}` : "Verify a backup"),
  backup_prune: (of) => (of ? `Delete old backups of ${of}` : "Delete old backups"),
  backup_import: (of) => (of ? `Take over a backup for ${of}` : "Take over a backup"),
  offsite_copy: (of) => (of ? `Copy a backup of ${of} elsewhere` : "Copy a backup elsewhere"),
  offsite_check_one: () => "Check the copies of backups at one place",
  offsite_fetch: (of) => (of ? `Fetch a backup of ${of} back` : "Fetch a backup back"),
  server_delete: (of) => (of ? `Delete ${of}` : "Delete a server"),
  definition_apply: (of) => (of ? `Bring ${of} in line with a file` : "Bring a server in line with a file"),
  server_import: () => "Copy a server from elsewhere",
  version_install: () => "Install a version of the game",
  version_remove: () => "Remove a version of the game",
};

export const OPERATIONS: readonly string[] = Object.keys(operations);

export const operationTitle = (id: string, server: string | null = null) => operations[id]?.(server);

export const triggerHints: Record<Run["trigger"], string> = {
  schedule: "It was due by the schedule.",
  manual: "Someone asked for it.",
  startup: "The job had never run, so it ran at once.",
  catch_up: "Runs were missed while the manager was away, so it ran once, at once.",
  event: "Something needed it at that moment: data that were not there yet, or a server that had crashed.",
};

const pruned = (report: Report, took: string) =>
  figure(report, "deleted") > 0
    ? `Deleted ${plural(figure(report, "deleted"), "backup", "backups")} in ${took}, which frees ${formatBytes(figure(report, "freed_bytes"))}.`
    : `Looked through the backups in ${took}: the rules want all of them.`;

/** What a run that succeeded has done, by its job: "Refreshed 4,852 mods in 1.9 s: 3 new, 11 changed." */
const successes: Record<string, (report: Report, took: string) => string> = {
  mod_cache_refresh: (report, took) => {
    const mods = figure(report, "mods");
    if (mods > 0 && figure(report, "new") === mods)
      return `Fetched ${plural(mods, "mod", "mods")} for the first time in ${took}.`;
    const changes = [
      figure(report, "new") > 0 && `${formatNumber(figure(report, "new"))} new`,
      figure(report, "changed") > 0 && `${formatNumber(figure(report, "changed"))} changed`,
      figure(report, "vanished") > 0 && `${formatNumber(figure(report, "vanished"))} gone`,
    ].filter(Boolean);
    return `Refreshed ${plural(mods, "mod", "mods")} in ${took}: ${changes.join(", ") || "nothing new"}.`;
  },
  server_versions_check: (report, took) => {
    const channels =
      typeof report.versions === "object" && report.versions !== null ? Object.values(report.versions) : [];
    const known = channels.reduce((sum: number, count) => sum + (typeof count === "number" ? count : 0), 0);
    const found = Array.isArray(report.new_versions) ? report.new_versions.map(String) : [];
    if (report.first_fill)
      return `Read ${plural(known, "game version", "game versions")} for the first time in ${took}.`;
    const news = found.length === 0 ? "nothing new" : `${found.join(", ")} ${found.length === 1 ? "is" : "are"} new`;
    return `Checked ${plural(known, "game version", "game versions")} in ${took}: ${news}.`;
  },
  server_mods: (report, took) => {
    if (report.changed === false) return `The mods were already like that; found out in ${took}.`;
    const count = (name: string) => (Array.isArray(report[name]) ? report[name].length : 0);
    const changes = [
      count("added") > 0 && `${formatNumber(count("added"))} new`,
      count("updated") > 0 && `${formatNumber(count("updated"))} in another version`,
      count("removed") > 0 && `${formatNumber(count("removed"))} gone`,
      count("changed") > 0 && `${formatNumber(count("changed"))} otherwise changed`,
    ].filter(Boolean);
    const what = `Made set ${formatNumber(figure(report, "generation"))} of the mods in ${took}: ${changes.join(", ") || "nothing else"}.`;
    return report.waits === true ? `${what} The game loads it at its next start.` : what;
  },
  backup_cleanup: (report, took) => pruned(report, took),
  manager_backup: (report, took) =>
    `Copied what the manager knows in ${took}: ${formatBytes(figure(report, "size_bytes"))}.`,
  restore_drill: (report, took) => {
    if (typeof report.backup_id === "string")
      return `Restored the newest backup for practice in ${took}: ${plural(figure(report, "files"), "file", "files")}, all as they were packed, and the world is sound.`;
    const drilled = figure(report, "drilled");
    return drilled > 0
      ? `Restored the newest ${drilled === 1 ? "backup of 1 server" : `backups of ${formatNumber(drilled)} servers`} for practice in ${took}: all sound.`
      : "No server's turn to practise had come.";
  },
  history_cleanup: (report, took) => {
    const deleted = [
      figure(report, "runs_deleted") > 0 && plural(figure(report, "runs_deleted"), "old run", "old runs"),
      figure(report, "audit_entries_deleted") > 0 &&
        plural(figure(report, "audit_entries_deleted"), "line of the audit trail", "lines of the audit trail"),
      figure(report, "chat_lines_deleted") > 0 &&
        plural(figure(report, "chat_lines_deleted"), "line of chat", "lines of chat"),
    ].filter(Boolean);
    return deleted.length > 0
      ? `Deleted ${deleted.join(" and ")} in ${took}.`
      : `Looked through the history in ${took}: nothing was old enough to delete.`;
  },
};

const told = (report: Report, name: string) => (typeof report[name] === "string" ? report[name] : null);
const readyAfter = (report: Report) => {
  const seconds = figure(report, "ready_after_seconds");
  return seconds > 0 ? `, ready for players after ${formatDuration(seconds * 1000)}` : "";
};
const endedBy = (report: Report, name: string) =>
  told(report, name) === "SIGKILL" ? " It did not stop and was killed: what was not saved is lost." : "";

/** What an operation on a server or a version has done. */
const operationSuccesses: Record<string, (report: Report, took: string) => string> = {
  server_create: (report, took) =>
    `Set up with version ${told(report, "version") ?? "?"} in ${took}${readyAfter(report)}.`,
  server_start: (report) => `Started${readyAfter(report)}.`,
  server_stop: (report, took) => `Stopped in ${took}.${endedBy(report, "by")}`,
  server_restart: (report, took) => `Restarted in ${took}${readyAfter(report)}.${endedBy(report, "stop_by")}`,
  server_kill: () => "Killed: what was not saved is lost.",
  server_version: (report) =>
    `Switched from ${told(report, "from") ?? "no version"} to ${told(report, "to") ?? "another version"}${readyAfter(report)}.`,
  mod_updates_check: (report, took) => {
    const found = [
      figure(report, "updates") > 0 && plural(figure(report, "updates"), "update", "updates"),
      figure(report, "updates_for_other_versions") > 0 &&
        `${formatNumber(figure(report, "updates_for_other_versions"))} for another version of the game`,
      figure(report, "retracted") > 0 && `${formatNumber(figure(report, "retracted"))} retracted`,
      figure(report, "gone") > 0 && `${formatNumber(figure(report, "gone"))} gone from the mod database`,
    ].filter(Boolean);
    const problem = told(report, "problem");
    const what = `Checked ${plural(figure(report, "mods"), "mod", "mods")} in ${took}: ${found.join(", ") || "nothing new"}.`;
    return problem === null ? what : `${what} ${problem}`;
  },
  server_backup: (report, took) => {
    const size = formatBytes(figure(report, "size_bytes"));
    if (report.world === "damaged")
      return `Packed ${size} in ${took}, but the world is damaged: this backup counts for nothing until somebody has mended it.`;
    const world = report.world === "none" ? "there is no world yet" : "the world in it is sound";
    const deleted = figure(report, "deleted");
    const others = deleted > 0 ? ` ${plural(deleted, "older one", "older ones")} went, as the rules say.` : "";
    return `Backed up in ${took}: ${size}, and ${world}.${others}`;
  },
  server_restore: (report, took) =>
    `Put back in ${took}${told(report, "version") ? `, with version ${told(report, "version")}` : ""}${readyAfter(report)}.`,
  server_update: (report, took) =>
    `Updated in ${took}${told(report, "to") ? `: the server has version ${told(report, "to")}` : ""}${figure(report, "mods_changed") > 0 ? `, ${plural(figure(report, "mods_changed"), "mod", "mods")} changed` : ""}.`,
  backup_verify: (report, took) =>
    `Read ${plural(figure(report, "files"), "file", "files")} (${formatBytes(figure(report, "bytes"))}) in ${took}: all as they were packed.`,
  backup_prune: (report, took) => pruned(report, took),
  backup_import: (report, took) => `Taken over in ${took}: ${formatBytes(figure(report, "size_bytes"))}.`,
  server_delete: (report) =>
    report.deleted_files ? "Deleted with its files." : "Deleted; its files stay where they are.",
  definition_apply: (report, took) => {
    const parts = Array.isArray(report.parts) ? report.parts : [];
    const done = parts.filter((part) => part?.outcome === "done").length;
    return done === 0
      ? `Looked at everything in ${took}: it was as the file says.`
      : `Applied ${plural(done, "part", "parts")} of the file in ${took}; the others were as it says.`;
  },
  server_import: (report, took) => {
    const notes = Array.isArray(report.notes) ? report.notes.filter((note) => typeof note === "string") : [];
    const copied = `${plural(figure(report, "files"), "file", "files")} (${formatBytes(figure(report, "size_bytes"))})`;
    return [`Copied ${copied} in ${took}, and compared each.`, ...notes].join(" ");
  },
  version_install: (report, took) => `Installed ${told(report, "version") ?? "the version"} in ${took}.`,
  version_remove: (report) => `Removed ${told(report, "version") ?? "the version"}.`,
};

const attempts = (run: Run) => (run.attempt > 1 ? ` and ${run.attempt} attempts` : "");

const successOf = (run: Run) => successes[run.job_id] ?? operationSuccesses[run.job_id];

/** One sentence that says how a run went, to follow its state; `took` is null where it did not run or has not ended. */
export function runSentence(run: Run, took: string | null): string {
  const times = run.ticks > 1 ? ` ${formatNumber(run.ticks)} times in a row` : "";
  const reason = run.reason ? `: ${reasonWords(run.reason)}` : "";
  switch (run.state) {
    case "queued":
      return "It waits for its turn.";
    case "running":
      return "It is at work.";
    case "succeeded":
      return successOf(run)?.(run.report ?? {}, took ?? "no time") ?? `Done in ${took ?? "no time"}.`;
    case "failed":
      return `Gave up after ${took ?? "no time"}${attempts(run)}.`;
    case "timed_out":
      return `Was ended after ${took ?? "a while"}${attempts(run)}.`;
    case "cancelled":
      return `Ended early${took === null ? "" : ` after ${took}`}${reason}.`;
    case "skipped":
    case "missed":
      return `Did not run${times}${reason}.`;
    case "lost":
      return "The manager died while it ran, so nobody knows how far it came.";
  }
}

/** What to do about a run that did not go well; null where nothing is needed. */
export function runAdvice(run: Run): string | null {
  switch (run.state) {
    case "failed":
      if (run.job_id === "server_mods")
        return "The mods are as they were before. When the cause is gone, make a new plan on the server's page.";
      if (run.error?.type === "UpstreamError")
        return "What was fetched before stays in use, and the job tries again at its next run. If it keeps failing, check whether this machine can reach the internet.";
      if (run.error?.type === "CatalogNotRefreshed")
        return "The catalogue from before is whole and stays in use. The job tries again at its next run.";
      if (operationTitle(run.job_id)) return null;
      return "Run it again. If it keeps failing, the log and the technical details below show where it stopped.";
    case "timed_out":
      return "Run it again when the machine or the service it asks is less busy.";
    case "lost":
      return "Run it again. If this happens often, see whether the machine runs out of memory or disk.";
    default:
      return null;
  }
}

const factNames: Record<string, string> = {
  mods: "Mods in the catalogue",
  updates_servers: "Servers whose mods were checked",
  updates_mods: "Mods of servers",
  updates_updates: "Updates for them",
  updates_updates_for_other_versions: "Updates for other game versions",
  updates_retracted: "Retracted",
  updates_gone: "Gone from the mod database",
  updates_new: "New updates",
  updates_asked_singly: "Asked about singly",
  updates_problem: "Not learned",
  new: "New",
  changed: "Changed",
  vanished: "Gone from the list",
  unchanged: "As before",
  invalid: "Left out as unreadable",
  tags: "Tags",
  game_versions: "Game versions that mods name",
  requests: "Requests made",
  bytes: "Downloaded",
  seconds_download: "Time for the download",
  seconds_import: "Time for the import",
  versions: "Versions in the list",
  new_versions: "New versions",
  withdrawn: "Taken off the list",
  skipped: "Left out as unreadable",
  first_fill: "First time",
  runs_deleted: "Runs deleted",
  audit_entries_deleted: "Lines of the audit trail deleted",
  chat_lines_deleted: "Lines of chat deleted",
  generation: "Set of mods",
  waits: "Waits for the next start",
  added: "New",
  updated: "In another version",
  removed: "Gone",
};

export const factName = (name: string) => {
  const plain = name.replaceAll("_", " ");
  return factNames[name] ?? plain.charAt(0).toUpperCase() + plain.slice(1);
};

/** In the dialog where somebody has just asked for something. */
export const runOutcome = {
  running: "It is being done",
  mayClose: "You can close this; the work goes on.",
  cancelRun: "Cancel",
  cancelling: "Told to stop",
  showRun: "Show the run",
  close: "Close",
};

export const runFacts = {
  yes: "yes",
  no: "no",
  none: "none",
  part: (name: string, value: string) => `${name} ${value}`,
};

export const logLevels: Record<string, string> = {
  debug: "debug",
  info: "info",
  warning: "warning",
  error: "error",
  critical: "critical",
};

export const runs = {
  title: "Runs",
  lead: "Everything the manager has done by itself or was asked to do, newest first.",
  table: "Runs",
  columns: { state: "State", job: "Job", started: "When", trigger: "Why", took: "Took" },
  filters: {
    label: "Filters",
    job: "Job",
    operations: "Servers and versions",
    state: "State",
    trigger: "Why",
    anyJob: "All jobs",
    chip: (name: string, value: string) => `${name}: ${value}`,
    remove: (name: string, value: string) => `Remove the filter ${name}: ${value}`,
    clear: "Remove all filters",
  },
  empty: "No runs yet",
  emptyText: "Each run of a job is kept here with its outcome, its log and how long it took.",
  emptyAction: "Look at the jobs",
  nothingFits: "No run fits these filters",
  nothingFitsText: "Old runs are deleted after a while; the settings say when.",
  more: "Load more",
  all: (count: number) => (count === 1 ? "That is the only run." : `These are all ${formatNumber(count)} runs.`),
  newRuns: (count: number) => plural(count, "new run", "new runs"),
};

export const run = {
  back: "Runs",
  fallbackTitle: "Run",
  runningFor: (duration: string) => `for ${duration}`,
  progress: "Progress",
  cancel: "Cancel",
  cancelTitle: (job: string) => `Cancel this run of “${job}”?`,
  cancelLoss:
    "What it has done so far in this run is given up. What was there before it began stays in use, and the schedule goes on.",
  cancelConfirm: "Cancel the run",
  stopping: "Told to stop; it ends as soon as its work allows.",
  again: "Run again",
  started: (job: string) => `Started: ${job}`,
  errorTitle: "What went wrong",
  technical: "Technical details",
  report: "What it did",
  steps: "Step by step",
  facts: {
    title: "Facts",
    job: "Job",
    server: "Server",
    trigger: "Why it ran",
    notRun: "Why it was due",
    due: "Due",
    started: "Started",
    ended: "Ended",
    took: "Took",
    attempt: "Attempt",
    ticks: "Stands for",
    tickCount: (count: number) => plural(count, "due time", "due times"),
    id: "Id",
    notEnded: "still running",
  },
  log: {
    title: "Log",
    label: "Log of this run",
    empty: "Nothing was logged.",
    emptyRunning: "Nothing has been logged yet.",
    follow: "Follow",
    pause: "Pause",
    newLines: (count: number) => plural(count, "new line", "new lines"),
    gap: (count: number) => `${plural(count, "line was", "lines were")} not kept`,
    failed: "The log could not be read.",
  },
};
