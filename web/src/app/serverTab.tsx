import { useQuery } from "@tanstack/react-query";
import { getRouteApi, lazyRouteComponent } from "@tanstack/react-router";
import type { FunctionComponent } from "react";
import type { Schema } from "../api/client";
import { serverQuery } from "../api/servers";
import { NeedsRole } from "../components/ui/NeedsRole";
import { useCan, useRole } from "../session/me";
import type { Role } from "../session/session";

interface ServerTabProps {
  server: Schema["ServerDetails"];
}

/** A part of one server's page, fetched when it is opened, for who has the role that it needs. */
export function serverTab(
  load: () => Promise<{ default: FunctionComponent<ServerTabProps> }>,
  { needs = "viewer" }: { needs?: Role } = {},
) {
  const Tab = lazyRouteComponent(load);
  const route = getRouteApi("/frame/servers/$serverId");
  function ServerTab() {
    const { serverId } = route.useParams();
    const server = useQuery(serverQuery(serverId)).data;
    const can = useCan();
    const role = useRole();
    if (!can(needs)) return <NeedsRole needed={needs} own={role} />;
    return server ? <Tab key={serverId} server={server} /> : null;
  }
  ServerTab.preload = async () => Tab.preload?.();
  return ServerTab;
}
