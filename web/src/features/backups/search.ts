import type { Schema } from "../../api/client";

export type BackupKind = Schema["BackupSummary"]["kind"];

const KINDS = {
  manual: true,
  schedule: true,
  before_update: true,
  before_restore: true,
  imported: true,
} satisfies Record<BackupKind, true>;

export const BACKUP_KINDS = Object.keys(KINDS) as BackupKind[];

/** What lists of backups keep in their addresses. Whatever doesn't fit is left out. */
export interface BackupsSearch {
  server?: string;
  kind?: BackupKind;
  q?: string;
}

export function readBackupsSearch(address: Record<string, unknown>): BackupsSearch {
  const kind = BACKUP_KINDS.find((known) => known === address.kind);
  const server = typeof address.server === "string" ? address.server : "";
  // A router reads what looks like a number as one.
  const q = typeof address.q === "string" || typeof address.q === "number" ? String(address.q).trim() : "";
  return { ...(server ? { server } : {}), ...(kind ? { kind } : {}), ...(q ? { q } : {}) };
}
