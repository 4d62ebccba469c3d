import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  type RouterHistory,
  redirect,
} from "@tanstack/react-router";
import { readAuditSearch } from "../features/audit/search";
import { readBackupsSearch } from "../features/backups/search";
import { readFilesSearch } from "../features/files/search";
import { readGameVersionsSearch } from "../features/game-versions/search";
import { readModSearch, readModsSearch } from "../features/mods/search";
import { readAlertsSearch } from "../features/notifications/search";
import { readPlayersSearch } from "../features/players/search";
import { readRunsSearch } from "../features/runs/search";
import { readNewScheduleSearch } from "../features/schedules/search";
import { readFileSearch, readRolesSearch, readSettingsSearch } from "../features/server-config/search";
import { readLogsSearch } from "../features/server-logs/search";
import { readConfigSearch, readInstalledSearch, readReadySearch } from "../features/server-mods/search";
import { readSignInSearch } from "../features/session/search";
import { sessionQuery } from "../session/session";
import { sessionEnd } from "../session/sessionEnd";
import { CrashedPage } from "./CrashedPage";
import { Frame } from "./frame/Frame";
import { NotFoundPage } from "./NotFoundPage";
import { serverTab } from "./serverTab";
import { WaitingPage } from "./WaitingPage";

interface RouterContext {
  queryClient: QueryClient;
}

/** The router lets through whatever else stands in the address; pages see only what their own function has read. */
function only<Read extends (address: Record<string, unknown>) => object>(read: Read): Read {
  return ((address) => {
    const nothing = Object.fromEntries(Object.keys(address).map((key) => [key, undefined]));
    return { ...nothing, ...read(address) };
  }) as Read;
}

const rootRoute = createRootRouteWithContext<RouterContext>()();

// Without anybody signed in

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in",
  validateSearch: only(readSignInSearch),
  beforeLoad: async ({ context, search }) => {
    const session = await context.queryClient.ensureQueryData(sessionQuery());
    if (session.state === "setup_needed") throw redirect({ to: "/setup" });
    if (session.state === "signed_in") throw redirect({ href: search.to ?? "/" });
  },
  component: lazyRouteComponent(() => import("../features/session/SignInPage")),
});

const setupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/setup",
  beforeLoad: async ({ context }) => {
    const session = await context.queryClient.ensureQueryData(sessionQuery());
    if (session.state !== "setup_needed") throw redirect({ to: "/" });
  },
  component: lazyRouteComponent(() => import("../features/session/SetupPage")),
});

// Everything else is inside the frame, for someone who is signed in

const frameRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "frame",
  beforeLoad: async ({ context, location, cause }) => {
    const session = await context.queryClient.ensureQueryData(sessionQuery());
    if (session.state === "setup_needed") throw redirect({ to: "/setup" });
    // A page that is open stays, with what was typed; the dialog over it asks to sign in again.
    const staysOpen = cause === "stay" && sessionEnd.get();
    if (session.state === "signed_out" && !staysOpen) {
      throw redirect({ to: "/sign-in", search: location.href === "/" ? {} : { to: location.href } });
    }
  },
  component: Frame,
});

const inFrame = <Path extends string>(path: Path) => ({ getParentRoute: () => frameRoute, path });

const overviewRoute = createRoute({
  ...inFrame("/"),
  component: lazyRouteComponent(() => import("../features/overview/OverviewPage")),
});

const serversRoute = createRoute({
  ...inFrame("/servers"),
  component: lazyRouteComponent(() => import("../features/servers/ServersPage")),
});

const newServerRoute = createRoute({
  ...inFrame("/new-server"),
  component: lazyRouteComponent(() => import("../features/servers/NewServerPage")),
});

const serverFromFileRoute = createRoute({
  ...inFrame("/server-from-file"),
  component: lazyRouteComponent(() => import("../features/definitions/FromFilePage")),
});

const adoptServerRoute = createRoute({
  ...inFrame("/adopt-server"),
  component: lazyRouteComponent(() => import("../features/servers/AdoptServerPage")),
});

const serverRoute = createRoute({
  ...inFrame("/servers/$serverId"),
  component: lazyRouteComponent(() => import("../features/servers/ServerPage")),
});

const inServer = <Path extends string>(path: Path) => ({ getParentRoute: () => serverRoute, path });

const serverTabRoutes = [
  createRoute({ ...inServer("/"), component: serverTab(() => import("../features/servers/OverviewTab")) }),
  createRoute({
    ...inServer("/console"),
    component: serverTab(() => import("../features/console/ConsoleTab"), { needs: "operator" }),
  }),
  createRoute({
    ...inServer("/players"),
    validateSearch: only(readPlayersSearch),
    component: serverTab(() => import("../features/players/PlayersTab")),
  }),
  createRoute({
    ...inServer("/mods"),
    validateSearch: only(readInstalledSearch),
    component: serverTab(() => import("../features/server-mods/InstalledTab")),
  }),
  createRoute({
    ...inServer("/mods/history"),
    component: serverTab(() => import("../features/server-mods/HistoryTab")),
  }),
  createRoute({
    ...inServer("/mods/ready"),
    validateSearch: only(readReadySearch),
    component: serverTab(() => import("../features/server-mods/ReadyTab")),
  }),
  createRoute({
    ...inServer("/mods/config"),
    validateSearch: only(readConfigSearch),
    component: serverTab(() => import("../features/server-mods/ConfigTab"), { needs: "operator" }),
  }),
  createRoute({
    ...inServer("/backups"),
    validateSearch: only(readBackupsSearch),
    component: serverTab(() => import("../features/backups/BackupsTab")),
  }),
  createRoute({
    ...inServer("/backups/restores"),
    component: serverTab(() => import("../features/backups/RestoresTab")),
  }),
  createRoute({
    ...inServer("/backups/rules"),
    component: serverTab(() => import("../features/backups/RulesTab")),
  }),
  createRoute({
    ...inServer("/schedules"),
    component: serverTab(() => import("../features/schedules/SchedulesTab")),
  }),
  createRoute({
    ...inServer("/schedules/new"),
    validateSearch: only(readNewScheduleSearch),
    component: serverTab(() => import("../features/schedules/NewTab"), { needs: "operator" }),
  }),
  createRoute({
    ...inServer("/schedules/$scheduleId"),
    component: serverTab(() => import("../features/schedules/ScheduleTab")),
  }),
  createRoute({
    ...inServer("/schedules/$scheduleId/edit"),
    component: serverTab(() => import("../features/schedules/EditTab"), { needs: "operator" }),
  }),
  createRoute({
    ...inServer("/config"),
    validateSearch: only(readSettingsSearch),
    component: serverTab(() => import("../features/server-config/SettingsTab")),
  }),
  createRoute({
    ...inServer("/config/world"),
    validateSearch: only(readSettingsSearch),
    component: serverTab(() => import("../features/server-config/WorldTab")),
  }),
  createRoute({
    ...inServer("/config/roles"),
    validateSearch: only(readRolesSearch),
    component: serverTab(() => import("../features/server-config/RolesTab"), { needs: "operator" }),
  }),
  createRoute({
    ...inServer("/config/tuning"),
    validateSearch: only(readSettingsSearch),
    component: serverTab(() => import("../features/server-config/TuningTab")),
  }),
  createRoute({
    ...inServer("/config/versions"),
    validateSearch: only(readFileSearch),
    component: serverTab(() => import("../features/server-config/VersionsTab"), { needs: "operator" }),
  }),
  createRoute({
    ...inServer("/config/text"),
    validateSearch: only(readFileSearch),
    component: serverTab(() => import("../features/server-config/TextTab"), { needs: "operator" }),
  }),
  createRoute({
    ...inServer("/logs"),
    validateSearch: only(readLogsSearch),
    component: serverTab(() => import("../features/server-logs/LogsTab"), { needs: "operator" }),
  }),
  createRoute({
    ...inServer("/files"),
    validateSearch: only(readFilesSearch),
    component: serverTab(() => import("../features/files/FilesTab"), { needs: "operator" }),
  }),
  createRoute({ ...inServer("/updates"), component: serverTab(() => import("../features/updates/UpdatesTab")) }),
  createRoute({ ...inServer("/versions"), component: serverTab(() => import("../features/servers/VersionsTab")) }),
  createRoute({
    ...inServer("/settings"),
    component: serverTab(() => import("../features/servers/SettingsTab"), { needs: "admin" }),
  }),
] as const;

const jobsRoute = createRoute({
  ...inFrame("/jobs"),
  component: lazyRouteComponent(() => import("../features/jobs/JobsPage")),
});

const jobRoute = createRoute({
  ...inFrame("/jobs/$jobId"),
  component: lazyRouteComponent(() => import("../features/jobs/JobPage")),
});

const runsRoute = createRoute({
  ...inFrame("/runs"),
  validateSearch: only(readRunsSearch),
  component: lazyRouteComponent(() => import("../features/runs/RunsPage")),
});

const runRoute = createRoute({
  ...inFrame("/runs/$runId"),
  component: lazyRouteComponent(() => import("../features/runs/RunPage")),
});

const modsRoute = createRoute({
  ...inFrame("/mods"),
  validateSearch: only(readModsSearch),
  component: lazyRouteComponent(() => import("../features/mods/ModsPage")),
});

const modRoute = createRoute({
  ...inFrame("/mods/$modId"),
  validateSearch: only(readModSearch),
  component: lazyRouteComponent(() => import("../features/mods/ModPage")),
});

const backupsRoute = createRoute({
  ...inFrame("/backups"),
  validateSearch: only(readBackupsSearch),
  component: lazyRouteComponent(() => import("../features/backups/BackupsPage")),
});

const placesRoute = createRoute({
  ...inFrame("/backups/places"),
  component: lazyRouteComponent(() => import("../features/backups/PlacesPage")),
});

const backupRoute = createRoute({
  ...inFrame("/backups/$backupId"),
  component: lazyRouteComponent(() => import("../features/backups/BackupPage")),
});

const schedulesRoute = createRoute({
  ...inFrame("/schedules"),
  component: lazyRouteComponent(() => import("../features/schedules/SchedulesPage")),
});

const updatesRoute = createRoute({
  ...inFrame("/updates"),
  component: lazyRouteComponent(() => import("../features/updates/UpdatesPage")),
});

const alertsRoute = createRoute({
  ...inFrame("/alerts"),
  validateSearch: only(readAlertsSearch),
  component: lazyRouteComponent(() => import("../features/notifications/AlertsPage")),
});

const notificationsRoute = createRoute({
  ...inFrame("/notifications"),
  component: lazyRouteComponent(() => import("../features/notifications/NotificationsPage")),
});

const gameVersionsRoute = createRoute({
  ...inFrame("/game-versions"),
  validateSearch: only(readGameVersionsSearch),
  component: lazyRouteComponent(() => import("../features/game-versions/GameVersionsPage")),
});

const settingsRoute = createRoute({
  ...inFrame("/settings"),
  component: lazyRouteComponent(() => import("../features/settings/SettingsPage")),
});

const accessRoute = createRoute({
  ...inFrame("/access"),
  component: lazyRouteComponent(() => import("../features/access/AccessPage")),
});

const auditRoute = createRoute({
  ...inFrame("/audit"),
  validateSearch: only(readAuditSearch),
  component: lazyRouteComponent(() => import("../features/audit/AuditPage")),
});

const accountRoute = createRoute({
  ...inFrame("/account"),
  component: lazyRouteComponent(() => import("../features/account/AccountPage")),
});

const nowhereRoute = createRoute({ ...inFrame("$"), component: NotFoundPage });

const routeTree = rootRoute.addChildren([
  signInRoute,
  setupRoute,
  frameRoute.addChildren([
    overviewRoute,
    serversRoute,
    newServerRoute,
    adoptServerRoute,
    serverFromFileRoute,
    serverRoute.addChildren(serverTabRoutes),
    jobsRoute,
    jobRoute,
    runsRoute,
    runRoute,
    modsRoute,
    modRoute,
    backupsRoute,
    placesRoute,
    backupRoute,
    schedulesRoute,
    updatesRoute,
    alertsRoute,
    notificationsRoute,
    gameVersionsRoute,
    settingsRoute,
    accessRoute,
    auditRoute,
    accountRoute,
    nowhereRoute,
  ]),
]);

export function createAppRouter(queryClient: QueryClient, history?: RouterHistory) {
  return createRouter({
    routeTree,
    history,
    context: { queryClient },
    defaultPreload: "intent",
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
    // What a page's reader of the address leaves out must not reach the page after all.
    search: { strict: true },
    defaultErrorComponent: CrashedPage,
    defaultNotFoundComponent: NotFoundPage,
    defaultPendingComponent: WaitingPage,
    defaultPendingMs: 300,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
