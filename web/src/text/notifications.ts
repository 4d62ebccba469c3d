import type { Schema } from "../api/client";
import { formatDuration } from "../lib/duration";
import { formatNumber } from "../lib/numbers";

type Kind = Schema["Alert"]["kind"];
type Severity = Schema["Alert"]["severity"];

const plural = (count: number, one: string, many: string) => `${formatNumber(count)} ${count === 1 ? one : many}`;
const listed = (words: readonly string[]) =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;

export const severityWords: Record<Severity, string> = {
  info: "For information",
  warning: "Warning",
  critical: "Critical",
};

export const kindWords: Record<Kind, string> = {
  server_crashed: "Server crashed",
  server_failed_to_start: "Server did not start",
  server_gave_up: "Server is left alone after crashes",
  server_hung: "Server hangs",
  disk_low: "Disk runs short",
  memory_high: "Memory runs short",
  server_started: "Server started",
  server_stopped: "Server stopped",
  player_joined: "Player joined",
  player_left: "Player left",
  backup_failed: "Backup failed",
  backup_damaged: "World in a backup is damaged",
  backup_broken: "Backup lost or broken",
  backup_overdue: "Backup overdue",
  offsite_failed: "Off-site copy failed",
  offsite_overdue: "Off-site copy overdue",
  drill_failed: "Restore for practice failed",
  restore_failed: "Restore failed",
  update_available: "Update of the game is out",
  mod_update_available: "Update of a mod is out",
  update_done: "Update done",
  update_went_back: "Update taken back",
  update_failed: "Update failed",
  schedule_failed: "Schedule failed",
  job_failing: "Job keeps failing",
  job_missed: "Job did not run",
  job_paused: "Job was paused",
  manager_started: "Manager started",
  notification_failed: "Notification not delivered",
  message: "Message of a schedule",
  test: "Test",
};

export const kindGroups: readonly { group: string; kinds: readonly Kind[] }[] = [
  {
    group: "Servers",
    kinds: [
      "server_crashed",
      "server_failed_to_start",
      "server_gave_up",
      "server_hung",
      "disk_low",
      "memory_high",
      "server_started",
      "server_stopped",
    ],
  },
  { group: "Players", kinds: ["player_joined", "player_left"] },
  {
    group: "Backups",
    kinds: [
      "backup_failed",
      "backup_damaged",
      "backup_broken",
      "backup_overdue",
      "offsite_failed",
      "offsite_overdue",
      "drill_failed",
      "restore_failed",
    ],
  },
  {
    group: "Updates",
    kinds: ["update_available", "mod_update_available", "update_done", "update_went_back", "update_failed"],
  },
  {
    group: "Manager",
    kinds: ["schedule_failed", "job_failing", "job_missed", "job_paused", "manager_started", "notification_failed"],
  },
];

export const alerts = {
  title: "Alerts",
  lead: "What needs somebody. Each is told once and counted, and closes by itself when it is over.",
  open: "Open",
  seen: "Seen, not over yet",
  over: "Over",
  nothingOpen: "Nothing is open.",
  emptyTitle: "Nothing has needed anybody yet",
  emptyText:
    "When a server crashes, a backup fails or a disk fills up, it stands here until it is over, and in the overview until somebody has seen it.",
  toNotifications: "Choose where alerts are sent",
  filterServer: "Server",
  allServers: "All servers",
  nothingFits: "Nothing of this server, open or over.",
  since: "began",
  lasted: (milliseconds: number) => `lasted ${formatDuration(milliseconds)}`,
  ended: "over",
  times: (count: number) => `${formatNumber(count)} times`,
  last: "last",
  seenBy: (name: string | null) => (name ? `seen by ${name}` : "seen"),
  acknowledge: "Mark as seen",
  acknowledgeThis: (title: string) => `Mark as seen: ${title}`,
  more: "Show earlier ones",
  andMore: (count: number) => `and ${plural(count, "other", "others")} that are open`,
  viewerHint: (role: string) => `Operators can mark alerts as seen; you are signed in as ${role}.`,
};

export const notificationsPage = {
  title: "Notifications",
  lead: "Where alerts are sent, and what counts as one. While all is well nobody hears anything.",
  toAlerts: "Look at the alerts",
};

export const targets = {
  title: "Targets",
  add: "Add a target",
  emptyTitle: "Nobody is told yet",
  emptyText:
    "A target is a channel of Discord, a chat of Telegram, an address for mail or anything else that takes messages. With one you hear of a crash, a full disk or a failed backup without looking here.",
  list: "Targets",
  isOn: (name: string) => `${name} is on`,
  turnedOn: (name: string) => `${name} is on.`,
  turnedOff: (name: string) => `${name} is off. What waited for it is dropped.`,
  edit: "Edit",
  editThis: (name: string) => `Edit ${name}`,
  test: "Test",
  testThis: (name: string) => `Send a test to ${name}`,
  off: "Off: nothing is sent",
  lastSent: "Last sent",
  neverSent: "No alert sent yet",
  waiting: (count: number) => `${plural(count, "message waits", "messages wait")}`,
  took: (seconds: number) => `${seconds.toFixed(1)} s`,
};

/** Which notices a rule lets through, as a sentence. */
export function ruleSentence(rule: Schema["Rule"], nameOf: (serverId: string) => string): string {
  const { servers, min_severity: severity } = rule;
  const kinds = rule.kinds.map((kind) => kindWords[kind]);
  const from = { info: "", warning: ", from warnings on", critical: ", if critical" }[severity];
  const what =
    kinds.length > 0
      ? `${kinds.length > 4 ? `${kinds.slice(0, 3).join(", ")} and ${kinds.length - 3} more kinds` : listed(kinds)}${from}`
      : { info: "Everything", warning: "Warnings and what is critical", critical: "Only what is critical" }[severity];
  return servers.length > 0 ? `${what}: ${listed(servers.map(nameOf))}` : what;
}

/** How it is sent, where it differs from at once. */
export function howSentence(options: Schema["TargetOptions"]): string {
  const { digest_minutes: digest, quiet_hours: quiet, repeat_minutes: repeat } = options;
  const parts = [
    digest > 0 && `gathered for ${formatDuration(digest * 60_000)}`,
    quiet && `quiet from ${quiet.begin} to ${quiet.end}`,
    repeat > 0 && `told again every ${formatDuration(repeat * 60_000)}`,
    options.template && "in words of your own",
  ].filter(Boolean);
  const text = parts.join(", ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export const editor = {
  addTitle: "Add a target",
  editTitle: (name: string) => `Edit ${name}`,
  service: "Service",
  address: "Address",
  addressStored: (where: string) => `Stored: ${where}. Leave it empty to keep it.`,
  addressSecret: "It is a secret: it is stored, and never shown again.",
  example: "Such as",
  name: "Name",
  nameHint: "How you call it here.",
  what: "What goes there",
  whatHint: "A message is sent when one of these fits.",
  kinds: "What",
  kindsAll: "Everything",
  kindsMore: "Add a kind",
  servers: "Of which servers",
  serversAll: "All servers",
  serversMore: "Add a server",
  severity: "How severe",
  severities: {
    info: "However light",
    warning: "Warnings and worse",
    critical: "Only what is critical",
  } satisfies Record<Severity, string>,
  rule: (number: number) => `Rule ${number}`,
  or: "or",
  addRule: "Add another rule",
  removeRule: (number: number) => `Remove rule ${number}`,
  how: "How it is sent",
  digest: "Gather messages",
  digestHint: "What is critical is sent at once all the same.",
  digests: (minutes: number) =>
    minutes === 0 ? "No, send each at once" : `For ${formatDuration(minutes * 60_000)}, then send one`,
  quiet: "Be quiet from",
  quietHint: "What is critical comes through.",
  quietBegin: "Quiet from",
  quietEnd: "Quiet until",
  to: "to",
  timesWrong: "Give two times of the day, such as 22:00 and 07:00.",
  repeat: "Tell again while it is open",
  repeats: (minutes: number) =>
    minutes === 0 ? "No, once is enough" : `Every ${formatDuration(minutes * 60_000)}, until somebody has seen it`,
  over: "Also say when it is over",
  words: "In words of your own",
  template: "Text",
  templateHint: "Filled in:",
  preview: "How a message looks",
  sendTest: "Send a test",
  testStoredHint: "The test goes to the stored address, as it was saved last.",
  save: "Save",
  add: "Add the target",
  remove: "Remove",
  removeTitle: (name: string) => `Remove ${name}?`,
  removeText: "Its address is forgotten, and what waits for it is dropped. What was sent stays in the list.",
  removeConfirm: "Remove the target",
  removed: (name: string) => `${name} is removed.`,
  added: (name: string) => `${name} is added.`,
  saved: (name: string) => `${name} is saved.`,
};

export type Service = "discord" | "telegram" | "ntfy" | "gotify" | "mail" | "json" | "other";

export const services: Record<Service, { name: string; placeholder: string; hint: string }> = {
  discord: {
    name: "Discord",
    placeholder: "https://discord.com/api/webhooks/…",
    hint: "In Discord: settings of the channel, Integrations, Webhooks, New webhook, Copy webhook URL. Paste it as it is.",
  },
  telegram: {
    name: "Telegram",
    placeholder: "tgram://BOT_TOKEN/CHAT_ID",
    hint: "Ask @BotFather for a bot and its token, write to the bot once, and give the number of the chat.",
  },
  ntfy: {
    name: "ntfy",
    placeholder: "ntfy://TOPIC",
    hint: "A topic that nobody guesses. On a machine of your own: ntfy://host:port/TOPIC, or ntfys:// with TLS.",
  },
  gotify: {
    name: "Gotify",
    placeholder: "gotify://host:port/TOKEN",
    hint: "The token of an application of your Gotify. With TLS: gotifys://.",
  },
  mail: {
    name: "Mail",
    placeholder: "mailto://USER:PASSWORD@example.org",
    hint: "Of an account that may send. Other recipient or server: mailto://user:password@example.org?to=me@example.com&smtp=mail.example.org",
  },
  json: {
    name: "Webhook (JSON)",
    placeholder: "jsons://host/path",
    hint: "Gets a POST with title and message as JSON. Without TLS: json://host:port/path.",
  },
  other: {
    name: "Another service",
    placeholder: "SERVICE://…",
    hint: "Any address that Apprise knows: Matrix, Slack, Signal, Pushover and a hundred others.",
  },
};

/** What the preview of a template is filled in with. */
export const sample = {
  title: "Crashed: Meadow",
  text: "The game ended by itself. It is started again in 10 s.",
  server: "Meadow",
  kind: "server_crashed",
  severity: "warning",
  time: "21:04",
  count: "1",
};

export const deliveries = {
  title: "What was sent",
  table: "Messages",
  empty: "No message has been sent yet. Each one stands here with what became of it; tests do not.",
  emptyOfTarget: "Nothing has been sent there yet.",
  columns: { at: "When", target: "To", message: "Message", state: "State", tries: "Tries" },
  states: { waiting: "Waits", sent: "Sent", failed: "Given up", dropped: "Dropped" } satisfies Record<
    Schema["Delivery"]["state"],
    string
  >,
  notices: (count: number) => plural(count, "notice in one message", "notices in one message"),
  heldBack: "held back, goes out",
  nextTry: "next try",
  soon: "goes out now",
  filter: "Target",
  all: "All targets",
  more: "Show earlier ones",
};

export const alertSettings = {
  title: "When something is an alert",
  failing: "A job or schedule fails",
  failingAfter: "times in a row",
  failures: "Failures in a row",
  pause: "After",
  pauseAfter: "failures in a row it is paused as well",
  zero: "0: never",
  pauseLabel: "Pause after so many failures",
  grace: "A run is late by more than",
  graceAfter: "minutes",
  graceLabel: "Minutes of grace",
  overdue: "A server that ran has had no good backup for",
  overdueAfter: "hours",
  overdueLabel: "Hours until a backup is overdue",
  save: "Save",
  discard: "Discard",
  saved: "Saved.",
  between: (least: number, most: number) => `From ${formatNumber(least)} to ${formatNumber(most)}.`,
};

export const watchdog = {
  title: "A watchdog outside",
  lead: "A manager that is dead tells nobody. Let an outside service such as healthchecks.io or your own Uptime Kuma notice: it is asked every few minutes, and tells you when nothing comes any more.",
  none: "No watchdog is set up.",
  isSet: "An address is stored.",
  last: "Last asked",
  neverAsked: "not yet",
  address: "Address to ask",
  addressHint: "Such as https://hc-ping.com/… It is a secret: it is stored, and never shown again.",
  replaceHint: "One is stored. Enter another one to replace it.",
  every: "Ask it every",
  minutes: "minutes",
  everyLabel: "Minutes between two questions",
  remove: "Remove the address",
  removeTitle: "Remove the address of the watchdog?",
  removeText: "It is asked no more. Turn its check off as well, or it will tell you that the manager is dead.",
  removed: "The watchdog is asked no more.",
};
