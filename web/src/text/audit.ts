export interface AuditNames {
  user: (id: string) => string | undefined;
  token: (id: string) => string | undefined;
  job: (id: string) => string | undefined;
}

const quoted = (name: string | undefined, otherwise: string) => (name ? `“${name}”` : otherwise);

const told = (value: unknown): string | undefined => (typeof value === "string" && value ? value : undefined);

/** What was done, whether or not it worked: the result stands in its own column. */
const actions: Readonly<Record<string, string>> = {
  sign_in: "Sign in",
  sign_out: "Sign out",
  sign_out_everywhere: "Sign out everywhere",
  end_session: "Sign out another browser",
  set_up: "Make the first admin",
  change_own_password: "Change the own password",
  create_user: "Add a user",
  change_user: "Change a user",
  delete_user: "Delete a user",
  set_user_password: "Give a user a new password",
  end_user_sessions: "Sign a user out everywhere",
  create_token: "Create a token",
  revoke_token: "Revoke a token",
  run_job: "Run a job",
  pause_job: "Pause a job",
  resume_job: "Resume a job",
  change_job: "Change a job",
  cancel_run: "Cancel a run",
  change_settings: "Change settings",
  reset_settings: "Reset the settings",
};

type Facts = Readonly<Record<string, unknown>>;

const user = (target: Facts, names: AuditNames, details: Facts = {}) =>
  quoted(told(details.name) ?? names.user(String(target.user_id ?? "")), "who is gone");
const token = (target: Facts, names: AuditNames, details: Facts = {}) =>
  quoted(told(details.name) ?? names.token(String(target.token_id ?? "")), "that is gone");
const job = (target: Facts, names: AuditNames) => {
  const id = String(target.job_id ?? "");
  return quoted(names.job(id) ?? id, "that is gone");
};

const sentences: Readonly<Record<string, (target: Facts, details: Facts, names: AuditNames) => string>> = {
  create_user: (target, details, names) => `Add the user ${user(target, names, details)}`,
  change_user: (target, _details, names) => `Change the user ${user(target, names)}`,
  delete_user: (target, _details, names) => `Delete the user ${user(target, names)}`,
  set_user_password: (target, _details, names) => `Give the user ${user(target, names)} a new password`,
  end_user_sessions: (target, _details, names) => `Sign the user ${user(target, names)} out everywhere`,
  create_token: (target, details, names) => `Create the token ${token(target, names, details)}`,
  revoke_token: (target, details, names) => `Revoke the token ${token(target, names, details)}`,
  run_job: (target, _details, names) => `Run the job ${job(target, names)}`,
  pause_job: (target, _details, names) => `Pause the job ${job(target, names)}`,
  resume_job: (target, _details, names) => `Resume the job ${job(target, names)}`,
  change_job: (target, _details, names) => `Change the job ${job(target, names)}`,
};

const kinds: Readonly<Record<string, string>> = {
  user: "user",
  token: "token",
  command_line: "on the command line",
  local: "on this machine",
  system: "the manager itself",
};

const results: Readonly<Record<string, string>> = {
  ok: "Done",
  denied: "Role too low",
  cancelled: "Broken off",
  wrong_credentials: "Wrong name or password",
  wrong_password: "Wrong password",
  last_admin: "Would leave no admin",
  cross_site: "Came from another site",
  setup_link_invalid: "Link not valid",
};

export const audit = {
  title: "Audit",
  lead: "Who changed what, and who tried to.",
  table: { when: "When", who: "Who", what: "What", from: "From", result: "Result" },
  who: "Who",
  action: "What",
  result: "Result",
  since: "Since",
  chips: {
    who: (who: string) => `Who: ${who}`,
    action: (action: string) => `What: ${action}`,
    result: (result: string) => `Result: ${result}`,
    since: (day: string) => `Since ${day}`,
  },
  onlyBy: (who: string) => `Only what ${who} did`,
  actionWord: (action: string) => actions[action] ?? action.replaceAll("_", " "),
  knownActions: Object.keys(actions),
  sentence: (action: string, target: Facts, details: Facts, names: AuditNames) =>
    sentences[action]?.(target, details, names) ?? audit.actionWord(action),
  kind: (kind: string) => kinds[kind] ?? kind.replaceAll("_", " "),
  resultWord: (result: string) => results[result] ?? result.replaceAll("_", " "),
  detail: (name: string, value: string) => `${name.replaceAll("_", " ")}: ${value}`,
  noAddress: "–",
  more: "Show older entries",
  thatIsAll: "That is all.",
  emptyTitle: "Nothing fits these filters",
  emptyText: "Take a filter away, or choose an earlier day.",
  clear: "Show everything",
  nothingYetTitle: "Nothing has been changed yet",
  nothingYetText: "Every sign-in and every change through these pages, the API or the command line leaves a line here.",
};
