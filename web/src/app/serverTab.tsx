import { useQuery } from "@tanstack/react-query";
import { getRouteApi, lazyRouteComponent } from "@tanstack/react-router";
import type { FunctionComponent } from "react";
import type { Schema } from "../api/client";
import { serverQuery } from "../api/servers";

interface ServerTabProps {
  server: Schema["ServerDetails"];
}

/** A part of one server's page, fetched when it is opened. The page shows it when the server is there. */
export function serverTab(load: () => Promise<{ default: FunctionComponent<ServerTabProps> }>) {
  const Tab = lazyRouteComponent(load);
  const route = getRouteApi("/frame/servers/$serverId");
  function ServerTab() {
    const { serverId } = route.useParams();
    const server = useQuery(serverQuery(serverId)).data;
    return server ? <Tab key={serverId} server={server} /> : null;
  }
  ServerTab.preload = async () => Tab.preload?.();
  return ServerTab;
}
