export interface AuditNames {
  user: (id: string) => string | undefined;
  token: (id: string) => string | undefined;
  job: (id: string) => string | undefined;
  server: (id: string) => string | undefined;
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
  begin_second_factor: "Begin to set up a second factor",
  confirm_second_factor: "Turn the own second factor on",
  turn_second_factor_off: "Turn the own second factor off",
  renew_recovery_codes: "Make new recovery codes",
  create_user: "Add a user",
  change_user: "Change a user",
  delete_user: "Delete a user",
  set_user_password: "Give a user a new password",
  end_user_sessions: "Sign a user out everywhere",
  reset_second_factor: "Take a second factor away",
  create_token: "Create a token",
  revoke_token: "Revoke a token",
  run_job: "Run a job",
  pause_job: "Pause a job",
  resume_job: "Resume a job",
  change_job: "Change a job",
  cancel_run: "Cancel a run",
  change_settings: "Change settings",
  reset_settings: "Reset the settings",
  create_server: "Create a server",
  inspect_folder: "Look into a folder",
  adopt_server: "Take over a server",
  copy_server: "Copy a server from elsewhere",
  plan_definition: "Look at a plan for a file of a server",
  apply_definition: "Bring a server in line with a file",
  change_server: "Change a server",
  delete_server: "Delete a server",
  start_server: "Start a server",
  stop_server: "Stop a server",
  restart_server: "Restart a server",
  kill_server: "Kill a server",
  change_version: "Switch a server to another version",
  install_version: "Install a version",
  remove_version: "Remove a version",
  make_console_ticket: "Open a console",
  send_command: "Send a command",
  kick_player: "Kick a player",
  ban_player: "Ban a player",
  unban_player: "Lift a ban",
  whitelist_player: "Put a player on the whitelist",
  unwhitelist_player: "Take a player off the whitelist",
  make_operator: "Make a player an operator",
  set_player_role: "Give a player a role",
  set_whitelist_mode: "Turn a whitelist on or off",
  plan_mod_changes: "Look at a plan for mods",
  plan_lock_list: "Look at a plan for a list of mods",
  plan_restore: "Look at a plan for going back to an earlier set of mods",
  change_mods: "Change mods",
  check_mod_updates: "Check mods for updates",
  upload_mod: "Upload a mod",
  import_lock_list: "Take over a list of mods",
  restore_generation: "Go back to an earlier set of mods",
  restart_with_pending_mods: "Restart a server with mods that wait",
  drop_pending_mods: "Forget mods that wait",
  write_mod_config: "Change settings of a mod",
  save_file: "Save a file",
  upload_file: "Upload a file",
  move_file: "Rename or move a file",
  make_folder: "Make a folder",
  delete_files: "Delete files",
  restore_from_trash: "Put a deleted file back",
  delete_from_trash: "Delete a file for good",
  empty_trash: "Empty the trash",
  make_backup: "Back up a server",
  change_backup: "Change the note or the pin of a backup",
  delete_backup: "Delete a backup",
  verify_backup: "Verify a backup",
  download_backup: "Download a backup",
  preview_restore: "Look at what a restore would do",
  restore_backup: "Put back a backup",
  start_drill: "Practise a restore",
  upload_backup: "Upload a backup",
  import_backup: "Take over a backup",
  change_backup_settings: "Change the rules for backups",
  preview_retention: "Look at which backups would be deleted",
  prune_backups: "Delete old backups",
  fetch_backup: "Fetch a backup back",
  create_offsite_target: "Add an off-site place",
  change_offsite_target: "Change an off-site place",
  delete_offsite_target: "Remove an off-site place",
  test_offsite_target: "Test an off-site place",
  check_offsite_target: "Check the copies at an off-site place",
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

const server = (target: Facts, names: AuditNames, details: Facts = {}) => {
  const id = String(target.server_id ?? "");
  return quoted(names.server(id) ?? told(details.name) ?? id, "that is gone");
};
const player = (target: Facts) => quoted(told(target.name), "without a name");

const sentences: Readonly<Record<string, (target: Facts, details: Facts, names: AuditNames) => string>> = {
  create_user: (target, details, names) => `Add the user ${user(target, names, details)}`,
  change_user: (target, _details, names) => `Change the user ${user(target, names)}`,
  delete_user: (target, _details, names) => `Delete the user ${user(target, names)}`,
  set_user_password: (target, _details, names) => `Give the user ${user(target, names)} a new password`,
  end_user_sessions: (target, _details, names) => `Sign the user ${user(target, names)} out everywhere`,
  reset_second_factor: (target, _details, names) => `Take the second factor of the user ${user(target, names)} away`,
  sign_in: (_target, details) => (details.code === "recovery" ? "Sign in with a recovery code" : "Sign in"),
  create_token: (target, details, names) => `Create the token ${token(target, names, details)}`,
  revoke_token: (target, details, names) => `Revoke the token ${token(target, names, details)}`,
  run_job: (target, _details, names) => `Run the job ${job(target, names)}`,
  pause_job: (target, _details, names) => `Pause the job ${job(target, names)}`,
  resume_job: (target, _details, names) => `Resume the job ${job(target, names)}`,
  change_job: (target, _details, names) => `Change the job ${job(target, names)}`,
  create_server: (target, details, names) => `Create the server ${server(target, names, details)}`,
  adopt_server: (target, details, names) => `Take over the server ${server(target, names, details)}`,
  change_server: (target, _details, names) => `Change the server ${server(target, names)}`,
  delete_server: (target, _details, names) => `Delete the server ${server(target, names)}`,
  start_server: (target, _details, names) => `Start the server ${server(target, names)}`,
  stop_server: (target, _details, names) => `Stop the server ${server(target, names)}`,
  restart_server: (target, _details, names) => `Restart the server ${server(target, names)}`,
  kill_server: (target, _details, names) => `Kill the server ${server(target, names)}`,
  change_version: (target, _details, names) => `Switch the server ${server(target, names)} to another version`,
  remove_version: (target) => `Remove the version ${String(target.version ?? "")}`.trim(),
  make_console_ticket: (target, _details, names) => `Open the console of ${server(target, names)}`,
  send_command: (target, _details, names) => `Send a command to ${server(target, names)}`,
  kick_player: (target, _details, names) => `Kick the player ${player(target)} from ${server(target, names)}`,
  ban_player: (target, _details, names) => `Ban the player ${player(target)} from ${server(target, names)}`,
  unban_player: (target, _details, names) => `Lift the ban of the player ${player(target)} on ${server(target, names)}`,
  whitelist_player: (target, _details, names) =>
    `Put the player ${player(target)} on the whitelist of ${server(target, names)}`,
  unwhitelist_player: (target, _details, names) =>
    `Take the player ${player(target)} off the whitelist of ${server(target, names)}`,
  make_operator: (target, _details, names) =>
    `Make the player ${player(target)} an operator of ${server(target, names)}`,
  set_player_role: (target, _details, names) => `Give the player ${player(target)} a role on ${server(target, names)}`,
  set_whitelist_mode: (target, _details, names) => `Turn the whitelist of ${server(target, names)} on or off`,
  plan_mod_changes: (target, _details, names) => `Look at a plan for the mods of ${server(target, names)}`,
  plan_lock_list: (target, _details, names) => `Look at a plan for a list of mods on ${server(target, names)}`,
  plan_restore: (target, _details, names) =>
    `Look at a plan for going back to set ${String(target.number ?? "")} of the mods of ${server(target, names)}`,
  change_mods: (target, _details, names) => `Change the mods of ${server(target, names)}`,
  check_mod_updates: (target, _details, names) => `Check the mods of ${server(target, names)} for updates`,
  upload_mod: (target, _details, names) =>
    `Upload the mod ${quoted(told(target.file_name), "without a name")} for ${server(target, names)}`,
  import_lock_list: (target, _details, names) => `Take over a list of mods on ${server(target, names)}`,
  restore_generation: (target, _details, names) =>
    `Go back to set ${String(target.number ?? "")} of the mods of ${server(target, names)}`,
  restart_with_pending_mods: (target, _details, names) =>
    `Restart the server ${server(target, names)} with the mods that wait`,
  drop_pending_mods: (target, _details, names) => `Forget the mods that wait on ${server(target, names)}`,
  write_mod_config: (target, _details, names) =>
    `Change ${quoted(told(target.path), "settings of a mod")} on ${server(target, names)}`,
  save_file: (target, details, names) => `Save ${quoted(told(details.path), "a file")} of ${server(target, names)}`,
  upload_file: (target, details, names) => `Upload ${quoted(told(details.path), "a file")} to ${server(target, names)}`,
  move_file: (target, details, names) =>
    `Move ${quoted(told(details.from), "a file")} of ${server(target, names)} to ${quoted(told(details.to), "elsewhere")}`,
  make_folder: (target, details, names) =>
    `Make the folder ${quoted(told(details.path), "without a name")} of ${server(target, names)}`,
  delete_files: (target, details, names) => {
    const paths = Array.isArray(details.paths) ? details.paths : [];
    const one =
      paths.length === 1 ? quoted(told(paths[0]), "a file") : `${String(details.count ?? paths.length)} files`;
    return `Delete ${one} of ${server(target, names)}`;
  },
  restore_from_trash: (target, _details, names) => `Put a deleted file of ${server(target, names)} back`,
  delete_from_trash: (target, _details, names) => `Delete a file of ${server(target, names)} for good`,
  empty_trash: (target, _details, names) => `Empty the trash of ${server(target, names)}`,
  make_backup: (target, _details, names) => `Back up the server ${server(target, names)}`,
  start_drill: (target, _details, names) => `Practise a restore of ${server(target, names)}`,
  upload_backup: (target, details, names) =>
    `Upload the backup ${quoted(told(details.file_name), "without a name")} for ${server(target, names)}`,
  import_backup: (target, _details, names) => `Take over a backup for ${server(target, names)}`,
  change_backup_settings: (target, _details, names) => `Change the rules for backups of ${server(target, names)}`,
  preview_retention: (target, _details, names) => `Look at which backups of ${server(target, names)} would be deleted`,
  prune_backups: (target, _details, names) => `Delete old backups of ${server(target, names)}`,
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
  second_factor_needed: "Right password, no code",
  wrong_code: "Wrong code",
  second_factor_lost: "Secret of the second factor lost",
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
