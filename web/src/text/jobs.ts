/** What a job is good for, and what no longer happens when it is off. */
const known: Record<string, { about: string; whenOff: string }> = {
  mod_cache_refresh: {
    about:
      "Fetches the list of mods from the mod database, so that searching them is quick and works without the internet.",
    whenOff:
      "The mod catalogue stays as it is today: new mods, new releases and changed descriptions do not appear any more, and searching shows what was known last.",
  },
  server_versions_check: {
    about: "Fetches the list of game versions, so that a new one is noticed on the day it comes out.",
    whenOff: "New versions of the game are not noticed any more; the list of game versions stays as it is today.",
  },
  history_cleanup: {
    about: "Deletes runs and lines of the audit trail that are older than the settings allow.",
    whenOff: "The history of runs and changes grows without end.",
  },
  restore_drill: {
    about: "Restores the newest backup of each server beside it for practice, and says when that does not work.",
    whenOff: "Nobody notices any more when a backup can't be restored, until one is needed.",
  },
  offsite_check: {
    about: "Looks whether the places off this machine can be reached, and reads some of the copies there back.",
    whenOff: "Nobody notices any more when copies of backups elsewhere can't be read, until one is needed.",
  },
  manager_backup: {
    about:
      "Copies what the manager itself knows (users, schedules, settings, history) into its own folder, once a day.",
    whenOff: "A damaged or lost database takes users, schedules and history with it, unless you copy it yourself.",
  },
  backup_cleanup: {
    about: "Deletes backups that the rules of their servers do not keep any more.",
    whenOff: "Old backups stay until the next backup of their server is made.",
  },
};

export const jobs = {
  title: "Jobs",
  lead: "What the manager does by itself.",
  viewerHint: (role: string) =>
    `You can look at the jobs. Operators can run and pause them, admins can change their intervals; you are signed in as ${role}.`,
  operatorHint: (role: string) => `Admins can change the intervals; you are signed in as ${role}.`,
  table: "Jobs",
  columns: {
    job: "Job",
    every: "How often",
    strip: "Last 30 runs",
    last: "Last run",
    next: "Next run",
    actions: "Actions",
  },
  empty: "No jobs",
  emptyText: "This manager has no periodic jobs.",
  about: (id: string) => known[id]?.about,

  run: "Run now",
  runThis: (job: string) => `Run now: ${job}`,
  showRun: "Show run",
  showRunOf: (job: string) => `Show the run of: ${job}`,
  started: (job: string) => `Started: ${job}`,

  pause: "Pause",
  pauseThis: (job: string) => `Pause: ${job}`,
  pauseTitle: (job: string) => `Pause “${job}”?`,
  pauseText:
    "Its runs are skipped until someone resumes it. A run that is under way goes on, and anyone can still run it by hand.",
  pauseReason: "Why",
  pauseReasonHint: "Those who come after you read this. For example: the mod database moves this week.",
  pauseReasonMissing: "Say why, in a few words.",
  paused: (reason: string) => `Paused: ${reason}`,
  resume: "Resume",
  resumeThis: (job: string) => `Resume: ${job}`,

  offNext: "off",
  pausedNext: "paused",
  neverRan: "not yet",
  took: (duration: string) => `in ${duration}`,

  dailyAt: (time: string, zone: string) => `Every day at ${time} (${zone})`,
  fixedTimes: (cron: string, zone: string) => `At fixed times: ${cron} (${zone})`,
  offInterval: "Off",

  interval: {
    edit: (job: string, now: string) => `Change how often: ${job}. Now: ${now}`,
    title: "How often",
    label: "Run every",
    save: "Save",
    saved: (job: string, now: string, before: string) => `${job}: ${now} (was: ${before})`,
    turnOff: "Turn off",
  },
  off: {
    title: (job: string) => `Turn off “${job}”?`,
    fallback: "The job does not run by itself any more.",
    byHand: "You can still run it by hand, and turn it on again at any time by giving it an interval.",
    confirm: "Turn the job off",
    text: (id: string) => known[id]?.whenOff ?? jobs.off.fallback,
  },
};

export const job = {
  back: "Jobs",
  fallbackTitle: "Job",
  every: "How often",
  last: "Last run",
  next: "Next run",
  strip: "Last 30 runs",
  showAll: "All runs of this job",
  nextRuns: "Next runs",
  nextRunsPaused: "While the job is paused, these runs are skipped.",
  nextRunsOff: "None: the job is off. It runs when someone starts it, or again by itself when it gets an interval.",
  nextRunsUnknown: "None: this time never comes.",
  lastRuns: "Last runs",
  noRuns: "It has not run yet.",
  openRun: "Open this run",
};
