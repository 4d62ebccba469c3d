import type { Schema } from "../../api/client";
import { aBackup, aBackupState, aServer, backupList, serverList } from "../../testing/answers";
import { pretendApi, signedIn } from "../../testing/pretendApi";

/** A manager with the server `meadow` and these backups of it. */
export function backupsApi(
  backups: Schema["BackupSummary"][],
  answers: Record<string, unknown> = {},
  { role = "operator", server = aServer() }: { role?: Schema["Role"]; server?: Schema["ServerDetails"] } = {},
) {
  return pretendApi({
    "GET /api/v1/session": signedIn(role),
    "GET /api/v1/servers": serverList(server),
    "GET /api/v1/servers/meadow": server,
    "GET /api/v1/backups": backupList(...backups),
    "GET /api/v1/backup-states": { items: [aBackupState({ count: backups.length })], next_cursor: null },
    ...answers,
  });
}

export const details = (changes: Partial<Schema["BackupDetails"]> = {}): Schema["BackupDetails"] => ({
  ...aBackup(),
  method: "genbackup",
  world_file: "Saves/default.vcdbs",
  world_seconds: 12,
  pack_seconds: 4,
  check_seconds: 2,
  manager_version: "0.1.0",
  files: [
    aFile("Saves/default.vcdbs", "world", 900_000_000),
    aFile("serverconfig.json", "config", 10_240),
    aFile("ModConfig/carryon.json", "mod_config", 812),
    aFile("Mods/carryon.zip", "mods", 20_480),
  ],
  notes: [],
  ...changes,
});

export const aFile = (
  path: string,
  part: Schema["BackupFile"]["part"],
  size_bytes: number,
  change: Schema["BackupFile"]["change"] = null,
): Schema["BackupFile"] => ({ path, part, size_bytes, sha256: "a".repeat(64), change });

const aChange = (
  part: Schema["RestoreChange"]["part"],
  now: string,
  afterwards: string,
  detail: string | null = null,
): Schema["RestoreChange"] => {
  // biome-ignore lint/suspicious/noThenProperty: the API calls it so
  return { part, now, then: afterwards, detail };
};

export const aPreview = (changes: Partial<Schema["RestorePreview"]> = {}): Schema["RestorePreview"] => ({
  backup: aBackup(),
  into: "Meadow",
  is_new: false,
  stops_server: true,
  loses_seconds: 234_000,
  changes: [
    aChange("version", "1.22.7", "1.22.6"),
    aChange("mods", "12 mods", "11 mods", "added: carryon 1.0.0"),
    aChange("world", "1 file, 910 MB", "1 file, 900 MB"),
    aChange("config", "2 files, 10.7 kB", "2 files, 10.7 kB"),
  ],
  bytes_needed: 2_000_000_000,
  bytes_free: 80_000_000_000,
  keeps_present: true,
  warnings: ["The server runs. It is stopped for this."],
  problems: [],
  digest: "digest-1",
  ...changes,
});
