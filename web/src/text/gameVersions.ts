import type { Schema } from "../api/client";
import { formatNumber } from "../lib/numbers";

type Version = Schema["GameVersionOut"];

export const gameVersions = {
  title: "Game versions",
  lead: "The versions of the game that can be downloaded, newest first.",
  checked: "Checked",
  neverChecked: "Not checked yet",
  check: "Check now",
  showCheck: "Show the check",
  started: "Checking for new game versions",
  viewerHint: (role: string) => `Operators can check now; you are signed in as ${role}.`,
  newest: "Newest",
  newestOf: (channel: Version["channel"]) => `Newest ${channels[channel].toLowerCase()} version`,
  none: "none yet",
  firstSeen: "Noticed",
  channel: "Channel",
  all: "All",
  table: "Game versions",
  columns: { version: "Version", channel: "Channel", seen: "Noticed", builds: "Downloads" },
  builds: (count: number) => (count === 1 ? "1 file" : `${formatNumber(count)} files`),
  showBuilds: (count: number, version: string) => `${gameVersions.builds(count)} of ${version}`,
  noBuilds: "no files",
  count: (count: number) => (count === 1 ? "1 version" : `${formatNumber(count)} versions`),
  md5: "MD5",
  filling: "The list is being fetched for the first time",
  fillingText: "It appears here by itself in a moment.",
  unavailable: "The list could not be fetched yet",
  unavailableText:
    "The version service did not answer. The manager tries again by itself; the runs show what went wrong.",
  showRuns: "Look at the runs",
  emptyChannel: "No versions in this channel",
  emptyChannelText: "At the moment the service lists none.",
  showAll: "Show all versions",
};

export const channels: Record<Version["channel"], string> = { stable: "Stable", unstable: "Unstable" };

export const versionKinds: Record<Version["kind"], string> = {
  stable: "release",
  rc: "release candidate",
  pre: "preview",
  dev: "development build",
};

const knownPlatforms: Record<string, string> = {
  linux: "Game, Linux",
  linuxserver: "Server, Linux",
  mac: "Game, macOS",
  "mac-arm64": "Game, macOS (Apple silicon)",
  windows: "Game, Windows",
  windowsupdate: "Game update, Windows",
  windowsserver: "Server, Windows",
  server: "Server, all systems",
};

export const platform = (name: string) => knownPlatforms[name] ?? name;
