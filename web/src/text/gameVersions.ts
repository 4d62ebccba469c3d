import type { Schema } from "../api/client";
import { formatNumber } from "../lib/numbers";

type Version = Schema["GameVersionOut"];

export const gameVersions = {
  title: "Game versions",
  lead: "The versions of the game on this machine, and those that can be downloaded.",
  checked: "Checked",
  neverChecked: "Not checked yet",
  check: "Check now",
  showCheck: "Show the check",
  started: "Checking for new game versions",
  viewerHint: (role: string) => `Operators can check now; you are signed in as ${role}.`,
  available: "To download",
  newest: "Newest",
  newestOf: (channel: Version["channel"]) => `Newest ${channels[channel].toLowerCase()} version`,
  none: "none yet",
  firstSeen: "Noticed",
  channel: "Channel",
  all: "All",
  table: "Game versions",
  columns: { version: "Version", channel: "Channel", seen: "Noticed", builds: "Downloads", here: "Here" },
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

export const installedVersions = {
  title: "On this machine",
  none: "No version is installed yet. Creating a server installs the one that it needs.",
  installed: "Installed",
  install: "Install",
  installThis: (version: string) => `Install ${version}`,
  installing: (version: string) => `Installing ${version}`,
  usedBy: "Used by",
  unused: "Not used by any server",
  space: (taken: string, free: string) => `They take ${taken}; ${free} are free.`,
  showRun: "Details",
  remove: "Remove",
  removeThis: (version: string) => `Remove ${version}`,
  removeTitle: (version: string) => `Remove version ${version}?`,
  removeLost: (size: string) => `Its files go, which frees ${size}. No server uses it, and it can be installed again.`,
  fromArchive: "Install from an archive",
  archiveTitle: "Install from an archive",
  archive: "Archive",
  archiveHint:
    "The whole path of a server archive on this machine, such as /srv/downloads/vs_server_linux-x64_1.22.7.tar.gz.",
  archiveWrong: "Give a path that starts with /.",
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
