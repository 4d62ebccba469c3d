import type { Schema } from "../api/client";
import { formatNumber } from "../lib/numbers";

const count = (number: number, words: string) => (number > 0 ? `${number} ${words}` : null);

export const overview = {
  title: "Overview",
  allIsWell: "All is well. Nothing needs you.",
  needsYou: "Needs you",
  goodToKnow: "Good to know",
  since: "began",
  servers: "Servers",
  allServers: (number: number) => (number === 1 ? "All servers" : `All ${formatNumber(number)} servers`),
  noServers: "There is no game server yet.",
  createServer: "Create a server",
  jobs: "Jobs",
  allRuns: "All runs",
  last: "Last",
  next: "Next",
  nextNone: "not planned",
  manager: "Manager",
  version: "Version",
  started: "started",
  scheduler: {
    running: null,
    paused: "The scheduler is paused: no job starts by itself.",
    stopping: "The scheduler is stopping.",
    stopped: "The scheduler has stopped: no job starts by itself.",
  } satisfies Record<Schema["SchedulerHealth"]["status"], string | null>,
  jobCounts: (jobs: Schema["Overview"]["jobs"]) =>
    [
      count(jobs.ok, "well"),
      count(jobs.running, "running now"),
      count(jobs.failing, "failing"),
      count(jobs.late, "late"),
      count(jobs.never_ran, "not run yet"),
      count(jobs.paused, "paused"),
      count(jobs.off, "off"),
    ]
      .filter(Boolean)
      .join(" · "),
  catalog: "Mods",
  mods: (number: number) => `${formatNumber(number)} in the catalogue`,
  noMods: "The catalogue has not been fetched yet",
  versions: "Game versions",
  stable: (version: string) => `${version} stable`,
  unstable: (version: string) => `${version} unstable`,
  noVersions: "The list has not been fetched yet",
  updated: "brought up to date",
  services: "Services asked",
  answers: (name: string) => `${name} answers`,
  doesNotAnswer: (name: string) => `${name} does not answer`,
  isTriedAgain: (name: string) => `${name} is being tried again`,
};

export const attentionActions = {
  acknowledge: "Mark as seen",
  acknowledgeThis: (title: string) => `Mark as seen: ${title}`,
  runJob: "Run now",
  resumeJob: "Resume",
  resetSettings: "Use the defaults",
  resetTitle: "Use the default settings?",
  resetLoss:
    "All settings of this manager go back to their defaults. The file that can't be used is kept beside it under another name, so that you can look up what was in it.",
  started: (job: string) => `Started: ${job}`,
};
