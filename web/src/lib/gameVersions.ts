import type { Schema } from "../api/client";

type Listed = Schema["GameVersionOut"];

/** The order of the releases, which the list of the manager is in, newest first: -1 older, 1 newer, null where it can't be told. */
export function compareVersions(one: string, other: string, list: readonly Listed[]): -1 | 0 | 1 | null {
  if (one === other) return 0;
  const first = list.findIndex((item) => item.version === one);
  const second = list.findIndex((item) => item.version === other);
  if (first < 0 || second < 0) return null;
  return first < second ? 1 : -1;
}

/** The file of a version that this manager runs; null where there is none to download. */
export function serverBuild(version: Listed): Schema["BuildOut"] | null {
  return version.builds.find((build) => build.platform === "linuxserver" || build.platform === "server") ?? null;
}
