import type { Schema } from "../api/client";

export const aRun = (changes: Partial<Schema["Run"]> = {}): Schema["Run"] => ({
  id: "run-1",
  job_id: "mod_cache_refresh",
  server_id: null,
  trigger: "schedule",
  scheduled_for: "2026-11-25T11:00:00Z",
  started_at: "2026-11-25T11:00:00Z",
  ended_at: "2026-11-25T11:00:02Z",
  state: "succeeded",
  reason: null,
  attempt: 1,
  ticks: 1,
  progress: null,
  message: null,
  report: null,
  error: null,
  ...changes,
});

export const aJob = (changes: Partial<Schema["JobView"]> = {}): Schema["JobView"] => ({
  id: "mod_cache_refresh",
  title: "Refresh the mod catalogue",
  trigger: "interval",
  interval_seconds: 900,
  cron: null,
  zone: null,
  enabled: true,
  paused_reason: null,
  running: null,
  last_run: aRun(),
  next_run_at: "2026-11-25T11:15:00Z",
  health: "ok",
  recent_runs: [],
  ...changes,
});

export const jobList = (...jobs: Schema["JobView"][]): Schema["JobList"] => ({ items: jobs, next_cursor: null });

export const anOverview = (changes: Partial<Schema["Overview"]> = {}): Schema["Overview"] => ({
  status: "ok",
  version: __MANAGER_VERSION__,
  started_at: "2026-11-20T08:00:00Z",
  scheduler: { status: "running", job_count: 1 },
  jobs: { total: 1, ok: 1, failing: 0, late: 0, paused: 0, off: 0, running: 0, never_ran: 0 },
  upstreams: [],
  catalog: { mods: 4852, updated_at: "2026-11-25T11:00:02Z" },
  game_versions: { latest_stable: "1.22.7", latest_unstable: null, updated_at: "2026-11-25T08:00:00Z" },
  attention: [],
  ...changes,
});

export const wrong = (changes: Partial<Schema["AttentionItem"]> = {}): Schema["AttentionItem"] => ({
  id: "job_failing:mod_cache_refresh",
  severity: "bad",
  title: "Failed: Refresh the mod catalogue",
  text: "The mod database did not answer.",
  since: "2026-11-25T10:00:00Z",
  action: { kind: "run_job", target: "mod_cache_refresh" },
  ...changes,
});

export const aServer = (changes: Partial<Schema["ServerDetails"]> = {}): Schema["ServerDetails"] => ({
  id: "meadow",
  name: "Meadow",
  state: "running",
  wanted: "running",
  is_hung: false,
  version: "1.22.7",
  port: 42420,
  address_hint: "192.168.1.20:42420",
  is_adopted: false,
  started_at: "2026-11-24T20:03:19Z",
  ready_at: "2026-11-24T20:04:00Z",
  ready_after_seconds: 41,
  uptime_seconds: 50_000,
  start_progress: null,
  players_online: 0,
  players_max: 16,
  operation: null,
  crash: null,
  warnings: [],
  config_pending: 0,
  settings: { restart_after_crash: true, stop_timeout_seconds: null, term_timeout_seconds: null, extra_arguments: [] },
  data_path: "/srv/vsmanager/servers/meadow",
  created_at: "2026-11-01T10:00:00Z",
  created_by: "Anna",
  latest_run: null,
  ...changes,
});

/** One that nobody plays on, with what such a one has not got. */
export const aStoppedServer = (changes: Partial<Schema["ServerDetails"]> = {}): Schema["ServerDetails"] =>
  aServer({
    state: "stopped",
    wanted: "stopped",
    started_at: null,
    ready_at: null,
    ready_after_seconds: null,
    uptime_seconds: null,
    players_online: null,
    ...changes,
  });

export const serverList = (...servers: Schema["ServerView"][]): Schema["ServerList"] => ({
  items: servers,
  next_cursor: null,
});

/** What was measured of servers over the last day: few points, so that a test can name them. */
export const theLastDay = (...servers: Schema["ServerLastDay"][]): Schema["LastDay"] => ({
  step_seconds: 1800,
  at: (servers[0]?.players ?? []).map((_, index) => 1_780_000_000_000 + index * 1_800_000),
  servers,
});

export const anInstalledMod = (changes: Partial<Schema["InstalledMod"]> = {}): Schema["InstalledMod"] => ({
  file_name: "carryon-1.0.0.zip",
  kind: "zip",
  size_bytes: 20_480,
  sha256: "a".repeat(64),
  modid: "carryon",
  name: "Carry On",
  version: "1.0.0",
  description: "Carry things",
  authors: ["Anna"],
  side: "both",
  dependencies: [],
  game_version: null,
  is_enabled: true,
  is_pinned: false,
  is_held: false,
  is_double: false,
  by_hand: false,
  fit: "verified",
  update: null,
  troubles: [],
  needed_by: [],
  catalog_id: 7,
  logo_url: null,
  ...changes,
});

export const installedList = (
  items: Schema["InstalledMod"][],
  changes: Partial<Schema["InstalledModList"]> = {},
): Schema["InstalledModList"] => ({
  items,
  next_cursor: null,
  generation: 3,
  game_version: "1.22.7",
  pending: null,
  updates_checked_at: new Date(Date.now() - 12 * 60_000).toISOString(),
  builtin: ["game", "creative", "survival"],
  ...changes,
});

export const aListedMod = (id: number, changes: Partial<Schema["ListedItem"]> = {}): Schema["ListedItem"] => ({
  id,
  asset_id: id,
  name: `Mod ${id}`,
  summary: "What it does",
  author: "Anna",
  modids: [`mod${id}`],
  side: "both",
  type: "mod",
  tags: ["QoL"],
  downloads: 1234,
  follows: 1,
  comments: 1,
  trending_points: 1,
  logo_url: null,
  url_alias: null,
  page_url: "https://mods.example.com/1",
  last_released: null,
  fit: null,
  ...changes,
});

export const catalogPage = (
  items: Schema["ListedItem"][],
  changes: Partial<Schema["CatalogList"]> = {},
): Schema["CatalogList"] => ({
  items,
  next_cursor: null,
  total: items.length,
  state: "ready",
  data_age_seconds: 60,
  refreshed_at: new Date(Date.now() - 12 * 60_000).toISOString(),
  ...changes,
});

export const aStep = (changes: Partial<Schema["PlanStep"]> = {}): Schema["PlanStep"] => ({
  action: "install",
  modid: "carryon",
  name: "Carry On",
  from_version: null,
  to_version: "1.0.0",
  fit: "verified",
  side: "both",
  because: [],
  size_bytes: 20_480,
  file_name: null,
  changelog_html: null,
  ...changes,
});

export const aPlan = (steps: Schema["PlanStep"][], changes: Partial<Schema["ModPlan"]> = {}): Schema["ModPlan"] => ({
  digest: "digest-1",
  steps,
  notes: [],
  can_be_applied: true,
  needs_restart: false,
  game_version: "1.22.7",
  ...changes,
});

export const aGeneration = (changes: Partial<Schema["Generation"]> = {}): Schema["Generation"] => ({
  number: 3,
  at: "2026-11-25T11:00:00Z",
  actor: "Anna",
  why: "Mods changed",
  run_id: "run-3",
  mods: 12,
  is_current: true,
  is_loaded: false,
  is_joined: false,
  can_be_restored: true,
  diff: { added: ["carryon 1.0.0"], updated: [], removed: [], changed: [] },
  ...changes,
});

export const aLock = (changes: Partial<Schema["LockEntry"]> = {}): Schema["LockEntry"] => ({
  modid: "carryon",
  version: "1.0.0",
  file_name: "carryon-1.0.0.zip",
  sha256: "a".repeat(64),
  size_bytes: 20_480,
  side: "both",
  source: "moddb",
  release_id: 1,
  file_id: 1,
  game_versions: ["1.22.7"],
  is_enabled: true,
  is_pinned: false,
  is_held: false,
  ...changes,
});

export const aLockList = (mods: Schema["LockEntry"][]): Schema["LockList"] => ({
  format: "vsmanager-mods/1",
  server: "Meadow",
  game_version: "1.22.7",
  made_at: "2026-11-25T11:00:00Z",
  mods,
});

export const aBackup = (changes: Partial<Schema["BackupSummary"]> = {}): Schema["BackupSummary"] => ({
  id: "backup-1",
  server_id: "meadow",
  server_name: "Meadow",
  made_at: "2026-11-24T20:00:00Z",
  kind: "manual",
  file_name: "2026-11-24T20-00-00Z-manual-1f3a9c2b.tar.zst",
  size_bytes: 251_658_240,
  world: "verified",
  game_version: "1.22.7",
  mods: 12,
  pinned: false,
  note: null,
  verified_at: "2026-11-24T20:01:00Z",
  problem: null,
  is_there: true,
  made_by: "Anna",
  copies: [],
  ...changes,
});

export const backupList = (...items: Schema["BackupSummary"][]): Schema["BackupList"] => ({
  items,
  next_cursor: null,
  total_count: items.length,
  total_bytes: items.reduce((sum, backup) => sum + backup.size_bytes, 0),
});

export const aBackupState = (changes: Partial<Schema["BackupState"]> = {}): Schema["BackupState"] => ({
  server_id: "meadow",
  last_good: aBackup(),
  last_failed_at: null,
  last_failure: null,
  count: 1,
  total_bytes: 251_658_240,
  ran_since: false,
  offsite_last_good_at: null,
  offsite_problem: null,
  last_drill_at: null,
  last_drill_ok: null,
  ...changes,
});
