/** Pages that the manager names as the place where something is dealt with. */
const PAGES: Readonly<Record<string, string>> = {
  "/runs": "Look at the runs",
  "/settings": "Open the settings",
  "/jobs": "Look at the jobs",
  "/servers": "Look at the servers",
  "/notifications": "Open the notifications",
};

const PARTS_OF_SERVERS: Readonly<Record<string, string>> = {
  backups: "Look at the backups",
  schedules: "Look at the schedules",
  config: "Look at the configuration",
  updates: "Look at the update",
  mods: "Look at the mods",
  players: "Look at the players",
};

/** What a link to such a page says. */
export function pageLinkLabel(target: string): string {
  const [, first, , part] = target.split("/");
  if (first === "servers" && target !== "/servers") return PARTS_OF_SERVERS[part ?? ""] ?? "Look at the server";
  if (first === "jobs" && target !== "/jobs") return "Look at the job";
  return PAGES[target] ?? "Look at it";
}
