import type { Schema } from "../api/client";

type Fit = Schema["InstalledMod"]["fit"];

const lineOf = (version: string) => version.replace(/^v/, "").split(".").slice(0, 2).join(".");

/** Whether a release that names these versions of the game fits one of them. The plan looks more closely. */
export function fitOf(gameVersions: readonly string[], version: string): Fit {
  if (gameVersions.length === 0) return "unknown";
  const named = gameVersions.map((text) => text.trim().replace(/^v/, ""));
  if (named.includes(version)) return "verified";
  return named.some((other) => lineOf(other) === lineOf(version)) ? "likely" : "not";
}
