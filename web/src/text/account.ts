export const account = {
  title: "Your account",
  lead: (name: string, role: string) => `You are signed in as ${name}, with the role ${role}.`,
  notAUser: "This browser is signed in with a token, which has no sessions and no password.",
};

export const sessions = {
  title: "Where you are signed in",
  table: { browser: "Browser", address: "Signed in from", lastUsed: "Last used", created: "Signed in" },
  unknownBrowser: "Unknown browser",
  unknownAddress: "unknown",
  thisBrowser: "this browser",
  signOut: "Sign out",
  signOutOf: (browser: string) => `Sign out of ${browser}`,
  signOutOthers: "Sign out the others",
  signOutEverywhere: "Sign out everywhere",
  none: "There is no browser session.",

  oneTitle: (browser: string) => `Sign out ${browser}?`,
  oneLost: "That browser has to sign in again. If you don't know it, change your password, too.",
  othersTitle: "Sign out all other browsers?",
  othersLost: (count: number) =>
    count === 1
      ? "One other browser has to sign in again. You stay signed in here."
      : `${count} other browsers have to sign in again. You stay signed in here.`,
  othersConfirm: "Sign the others out",
  everywhereTitle: "Sign out everywhere?",
  everywhereLost: "Every browser has to sign in again, this one, too.",
  everywhereConfirm: "Sign out everywhere",
};

export const password = {
  title: "Change your password",
  lead: "Your other browsers are signed out when it changes.",
  current: "Current password",
  next: "New password",
  nextHint: "12 characters or more, not your name.",
  again: "New password again",
  differs: "This is not the same password.",
  submit: "Change the password",
  done: "Your password is changed, and your other browsers are signed out.",
};
