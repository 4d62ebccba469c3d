import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, type LinkProps, Outlet, useLocation } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { ApiError, type Schema } from "../../api/client";
import { serverQuery, serversQuery } from "../../api/servers";
import { PendingMods } from "../../components/mods/PendingMods";
import { ServerActions } from "../../components/servers/ServerActions";
import { ServerNews } from "../../components/servers/ServerNews";
import { ServerState } from "../../components/servers/ServerState";
import { WaitingConfig } from "../../components/servers/WaitingConfig";
import { CopyButton } from "../../components/ui/CopyButton";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { Page } from "../../components/ui/Page";
import { formatDuration } from "../../lib/duration";
import { clockTime, exactTime, useNow } from "../../lib/time";
import { OnServer, useCan } from "../../session/me";
import type { Role } from "../../session/session";
import { serverPage as words } from "../../text/serverPage";
import { servers as listWords } from "../../text/servers";
import { NewModsFailed } from "./NewModsFailed";
import classes from "./ServerPage.module.css";

const route = getRouteApi("/frame/servers/$serverId");

/** One server: how it is and what can be done, above the parts that tell the rest. */
export default function ServerPage() {
  const { serverId } = route.useParams();
  const server = useQuery(serverQuery(serverId));
  // Someone has deleted it meanwhile.
  const isGone = server.error instanceof ApiError && server.error.status === 404;
  const known = isGone ? undefined : server.data;
  const listed = useQuery({ ...serversQuery(), enabled: false }).data?.items.find((item) => item.id === serverId);
  return (
    <OnServer serverId={serverId}>
      <Page
        title={server.data?.name ?? listed?.name ?? serverId}
        back={<Link to="/servers">{words.back}</Link>}
        actions={known && <ServerActions server={known} isMain />}
      >
        {server.isPending && <LoadingState rows={12} />}
        {(server.isLoadingError || isGone) && <ErrorState error={server.error} onRetry={server.refetch} />}
        {known && (
          <div className={classes.server}>
            <Summary server={known} />
            <Tabs serverId={serverId} />
            <div className={classes.tab}>
              <Outlet />
            </div>
          </div>
        )}
      </Page>
    </OnServer>
  );
}

function Summary({ server }: { server: Schema["ServerDetails"] }) {
  return (
    <div className={classes.summary}>
      <div className={classes.line}>
        <span className={classes.state}>
          <ServerState server={server} /> <Since server={server} />
        </span>
        {server.players_online !== null && (
          <span className="tabular">{words.players(server.players_online, server.players_max)}</span>
        )}
        <span className="tabular">{server.version ?? listWords.noVersion}</span>
        <CopyButton text={server.address_hint} label={listWords.copyAddress(server.address_hint)} />
      </div>
      <ServerNews server={server} />
      <NewModsFailed server={server} />
      <PendingMods server={server} />
      <WaitingConfig server={server} />
    </div>
  );
}

/** "since Tuesday 24 November, 21:04, ready after 41 s". */
function Since({ server }: { server: Schema["ServerDetails"] }) {
  const now = useNow(60);
  const since = server.ready_at ?? server.started_at;
  if (since === null || (server.state !== "running" && server.state !== "starting")) return null;
  const time = Date.parse(since);
  const after = server.ready_after_seconds;
  return (
    <span>
      {words.since}{" "}
      <time dateTime={since} title={exactTime(time)}>
        {clockTime(time, now)}
      </time>
      {server.state === "running" && after !== null && words.readyAfter(formatDuration(Math.round(after * 10) * 100))}
    </span>
  );
}

interface Tab {
  to: NonNullable<LinkProps["to"]>;
  label: string;
  needs: Role;
  /** It stays chosen on the pages below it. */
  hasParts?: boolean;
}

const tabs = [
  { to: "/servers/$serverId", label: words.tab.overview, needs: "viewer" },
  { to: "/servers/$serverId/console", label: words.tab.console, needs: "operator" },
  { to: "/servers/$serverId/players", label: words.tab.players, needs: "viewer" },
  { to: "/servers/$serverId/mods", label: words.tab.mods, needs: "viewer", hasParts: true },
  { to: "/servers/$serverId/backups", label: words.tab.backups, needs: "viewer", hasParts: true },
  { to: "/servers/$serverId/schedules", label: words.tab.schedules, needs: "viewer", hasParts: true },
  { to: "/servers/$serverId/config", label: words.tab.config, needs: "viewer", hasParts: true },
  { to: "/servers/$serverId/logs", label: words.tab.logs, needs: "operator" },
  { to: "/servers/$serverId/files", label: words.tab.files, needs: "operator" },
  { to: "/servers/$serverId/updates", label: words.tab.updates, needs: "viewer" },
  { to: "/servers/$serverId/versions", label: words.tab.versions, needs: "viewer" },
  { to: "/servers/$serverId/settings", label: words.tab.settings, needs: "admin" },
] as const satisfies readonly Tab[];

function Tabs({ serverId }: { serverId: string }) {
  const can = useCan();
  const nav = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  // Where there is little room, the present one is brought into sight.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another part of the page is the reason to look
  useEffect(() => {
    const present = nav.current?.querySelector<HTMLElement>('[data-status="active"]');
    if (!nav.current || !present) return;
    nav.current.scrollLeft = present.offsetLeft - (nav.current.clientWidth - present.offsetWidth) / 2;
  }, [pathname]);
  return (
    <nav ref={nav} className={classes.tabs} aria-label={words.tabs}>
      {tabs
        .filter((tab) => can(tab.needs))
        .map((tab) => (
          <Link
            key={tab.to}
            to={tab.to}
            params={{ serverId }}
            className={classes.link}
            activeOptions={{ exact: !("hasParts" in tab), includeSearch: false }}
            resetScroll={false}
          >
            {tab.label}
          </Link>
        ))}
    </nav>
  );
}
