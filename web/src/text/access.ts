import type { Schema } from "../api/client";

type Role = Schema["Role"];

export const roleNames: Record<Role, string> = {
  none: "Single servers only",
  viewer: "Viewer",
  operator: "Operator",
  admin: "Admin",
};

export const roleMeanings: Record<Role, string> = {
  none: "Sees only the servers that are chosen below.",
  viewer: "Sees all servers, jobs and settings. Changes nothing, and reads no console.",
  operator: "Also starts and stops all servers, uses their consoles, mods, files and backups, and runs jobs.",
  admin: "Also creates and deletes servers, changes settings, users and tokens, and reads the audit trail.",
};

export const access = {
  title: "Access",
  lead: "People sign in with a name and a password. Programs use tokens.",
  roleLegend: "Role for everything",
  serverRoles: "Roles on single servers",
  serverRolesHint: "The higher of both roles counts on a server.",
  serverRolesNone: "None.",
  addServer: "Add a server",
  chooseServer: "Choose a server",
  roleOnServer: (server: string) => `Role on ${server}`,
  removeServer: (server: string) => `Take away the role on ${server}`,
  on: (role: string, server: string) => `${role} on ${server}`,
  cancel: "Cancel",
  copy: "Copy",
  copied: "Copied",
  copyFailed: "The browser does not let this page copy. Select the text and copy it by hand.",
  showMore: "Show more",
};

export const users = {
  title: "Users",
  add: "Add a user",
  table: { name: "Name", role: "Role", lastSignedIn: "Last signed in", created: "Added" },
  you: "you",
  disabled: "Disabled",
  neverSignedIn: "never",
  actions: (name: string) => `What to do with ${name}`,
  changeRole: "Change roles",
  viewAs: (name: string) => `View as ${name}`,
  viewAsRole: "View as a role",
  viewAsTitle: "View the manager as a role",
  viewAsText:
    "You see what somebody with these roles sees, in every tab of this browser, and can't change anything until you leave the view.",
  viewAsSubmit: "View as this role",
  disable: "Disable",
  enable: "Enable",
  newPassword: "New password",
  secondFactor: "Second factor",
  resetSecondFactor: "Take second factor away",
  signOut: "Sign out everywhere",
  delete: "Delete",
  emptyTitle: "Nobody has a user yet",
  emptyText: "A user signs in to these pages with a name and a password, each with a role that says what they may do.",

  addTitle: "Add a user",
  name: "Name",
  nameHint: "Up to 64 characters. Capitals make no difference when signing in.",
  password: "Password",
  passwordHint: "12 characters or more. They can change it on their account page.",
  generate: "Make one up",
  addSubmit: "Add the user",

  roleTitle: (name: string) => `Which roles does ${name} get?`,
  roleOwn: "This is you. With another role than admin you can no longer open this page.",
  rolesSubmit: "Save the roles",
  roleSubmit: (role: Role) => `Make ${role === "viewer" ? "a viewer" : `an ${role}`}`,

  passwordTitle: (name: string) => `A new password for ${name}`,
  passwordLost: (name: string) => `The old password stops working, and ${name} is signed out in every browser.`,
  passwordSubmit: "Set the password",

  disableTitle: (name: string) => `Disable ${name}?`,
  disableLost: (name: string) =>
    `${name} is signed out in every browser at once and cannot sign in until you enable them again. Nothing they made is lost, and tokens that they made keep working.`,
  disableConfirm: (name: string) => `Disable ${name}`,
  enableTitle: (name: string) => `Enable ${name}?`,
  enableText: (name: string) => `${name} can sign in again with the password they had.`,
  enableConfirm: (name: string) => `Enable ${name}`,
  resetSecondFactorTitle: (name: string) => `Take the second factor of ${name} away?`,
  resetSecondFactorLost: (name: string) =>
    `For somebody who lost the phone and the recovery codes. From then on the password of ${name} alone lets in, so make sure that it is ${name} who asks. Every browser of ${name} is signed out.`,
  resetSecondFactorConfirm: "Take it away",
  signOutTitle: (name: string) => `Sign ${name} out everywhere?`,
  signOutLost: (name: string) =>
    `Every browser of ${name} has to sign in again; what is half typed there stays until then. The password stays the same.`,
  signOutConfirm: (name: string) => `Sign ${name} out`,
  deleteTitle: (name: string) => `Delete the user ${name}?`,
  deleteLost: (name: string) =>
    `${name} is signed out at once, and name, role and password are gone for good. Tokens that they made keep working, and what they did stays in the audit trail.`,
  deleteConfirm: (name: string) => `Delete ${name}`,
  own: "This is your own user.",
};

export const tokens = {
  title: "Tokens",
  create: "Create a token",
  table: { name: "Name", role: "Role", lastUsed: "Last used", created: "Created" },
  by: (who: string) => `by ${who.replace(/^(user|local|command_line):/, "").replace(/^token:/, "the token ")}`,
  neverUsed: "never",
  revoked: "Revoked",
  withRevoked: "Show revoked tokens",
  revoke: "Revoke",
  revokeName: (name: string) => `Revoke ${name}`,
  emptyTitle: "No tokens yet",
  emptyText:
    "A token lets a script or another program use the manager's API, with a role of its own, without anybody's password.",

  createTitle: "Create a token",
  name: "Name",
  nameHint: "What it is for, such as the program that uses it.",
  createSubmit: "Create the token",
  secretTitle: (name: string) => `The token ${name}`,
  secretLabel: "Token",
  secretOnce: "Copy it now: you won't see it again.",
  secretWhy: "The manager keeps only a fingerprint of it. If it gets lost, revoke it and create another.",
  secretKept: "I have kept it",

  revokeTitle: (name: string) => `Revoke the token ${name}?`,
  revokeLost: "Every program that uses it is refused at once, for good. To let it in again you need a new token.",
};
