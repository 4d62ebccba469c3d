import type { Schema } from "../api/client";

export const productName = "Vintage Story Server Manager";
export const documentTitle = (page: string) => `${page} · ${productName}`;

export const common = {
  loading: "Loading",
  tryAgain: "Try again",
  cancel: "Cancel",
  close: "Close",
  save: "Save",
  none: "none",
  copied: "Copied",
  copyFailed: "The browser did not allow it. Mark the text and copy it by hand.",
  goToOverview: "Go to the overview",
};

/** What the manager says where it does not know when. */
const LATER = "Try again later";

export const errors = {
  title: "This could not be loaded",
  unreachableTitle: "The manager does not answer",
  unreachableText: "It may be restarting. This page tries again when the connection is back; what you typed stays.",
  forbiddenTitle: "This needs another role",
  notFoundTitle: "This is not here (any more)",
  reference: (code: string) => `Code: ${code}`,
  /** With when to try again, unless the message tells that by itself. */
  withRetry: (message: string, seconds: number) => {
    if (/try again in /i.test(message)) return message;
    const when = `Try again in ${seconds} s`;
    return message.includes(LATER) ? message.replace(LATER, when) : `${message} ${when}.`;
  },
  crashTitle: "This page has stopped working",
  crashText: "It is a mistake in the page; the manager and its jobs are not affected. Loading it anew usually helps.",
  reload: "Load the page anew",
  somethingWrong: "That did not work",
};

const roleWords: Record<Schema["Role"], string> = {
  none: "single servers only",
  viewer: "viewer",
  operator: "operator",
  admin: "admin",
};

export const roles = {
  word: (role: Schema["Role"]) => roleWords[role],
  needed: (needed: Schema["Role"], own: Schema["Role"]) =>
    `Only ${needed === "admin" ? "admins" : `${roleWords[needed]}s and above`} can see this. You are signed in as ${own === "none" ? "somebody with no role here" : own}. Ask an admin to change your role.`,
};
