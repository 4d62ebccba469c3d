export const frame = {
  notFoundTitle: "No such page",
  notFoundText: "There is nothing at this address. It may have moved, or the link may be incomplete.",
  skipToContent: "Skip to the content",
  mainNavigation: "Pages",
  servers: "Servers",
  more: "More",
  morePages: "More pages",
  collapse: "Show icons only",
  expand: "Show names",
  openAlerts: (count: number) => (count === 1 ? "1 open alert" : `${count} open alerts`),
  search: "Search",
  searchHint: "Search pages, servers, jobs, mods, actions",
  account: "Your account",
  userMenu: (name: string) => `${name}: account, theme, sign out`,
  signOut: "Sign out",
  theme: "Theme",
  themes: { light: "Light", dark: "Dark", auto: "System" },
};

export const places = {
  overview: "Overview",
  servers: "Servers",
  mods: "Mods",
  backups: "Backups",
  schedules: "Schedules",
  updates: "Updates",
  gameVersions: "Game versions",
  gameVersionsShort: "Versions",
  jobs: "Jobs",
  runs: "Runs",
  alerts: "Alerts",
  notifications: "Notifications",
  settings: "Settings",
  access: "Access",
  audit: "Audit",
};

export const connectionWords = {
  live: "Live",
  connecting: "Connecting",
  lost: "Not connected",
  liveHint: "This page follows what the manager does.",
  connectingHint: "The connection to the manager is being made.",
};

export const banners = {
  lost: {
    unreachable: "The manager does not answer. What you see may be old; it catches up by itself.",
    signed_out: "You are signed out. What you see may be old.",
    refused: "The manager refuses to tell this page what changes. What you see may be old; it tries again by itself.",
  },
  viewingAs: {
    user: (name: string) => `You view the manager as the user ${name}. Nothing can be changed.`,
    role: (name: string) => `You view the manager as ${name}. Nothing can be changed.`,
  },
  leaveView: "Leave this view",
  retry: "Try again now",
  newVersion: (version: string) => `The manager is now version ${version}; this page belongs to the one before.`,
  reload: "Load the page anew",
};

export const noRoles = {
  title: "Nothing to see yet",
  text: "You are signed in, but have no role on any server. Ask an admin of this manager to give you one.",
};

/** Told to who needs a second factor and has none. */
export const secondFactorNeeded = {
  title: "You need a second factor",
  text: "An admin of this manager has decided so. With an app on your phone it takes a minute; then everything is there again.",
  setUp: "Set up a second factor",
};
