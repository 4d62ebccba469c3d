import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, Outlet } from "@tanstack/react-router";
import { serverQuery } from "../../api/servers";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { Page } from "../../components/ui/Page";

const route = getRouteApi("/frame/servers/$serverId");

export default function ServerPage() {
  const { serverId } = route.useParams();
  const server = useQuery(serverQuery(serverId));
  return (
    <Page title={server.data?.name ?? serverId} back={<Link to="/servers">Servers</Link>}>
      {server.isPending && <LoadingState rows={10} />}
      {server.isLoadingError && <ErrorState error={server.error} onRetry={server.refetch} />}
      {server.data && <Outlet />}
    </Page>
  );
}
