import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { serversQuery } from "../../api/servers";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { NeedsRole } from "../../components/ui/NeedsRole";
import { Page } from "../../components/ui/Page";
import { useCan, useMe } from "../../session/me";
import { notificationsPage as words } from "../../text/notifications";
import { AlertSettings } from "./AlertSettings";
import { alertSettingsQuery } from "./api/settings";
import { targetsQuery } from "./api/targets";
import { Deliveries } from "./Deliveries";
import { Targets } from "./Targets";
import { Watchdog } from "./Watchdog";

export default function NotificationsPage() {
  const me = useMe();
  const can = useCan();
  if (can("admin")) return <Everything />;
  return (
    <Page title={words.title} actions={<Link to="/alerts">{words.toAlerts}</Link>}>
      <NeedsRole needed="admin" own={me.role} />
    </Page>
  );
}

/** Who is told, what counts as an alert, who watches the manager, and what was sent. */
function Everything() {
  const targets = useQuery(targetsQuery());
  const servers = useQuery(serversQuery());
  const settings = useQuery(alertSettingsQuery());
  const isPending = targets.isPending || servers.isPending || settings.isPending;
  return (
    <Page title={words.title} lead={words.lead} actions={<Link to="/alerts">{words.toAlerts}</Link>}>
      {isPending && <LoadingState rows={12} />}
      {!isPending && (
        <>
          {targets.isLoadingError && <ErrorState error={targets.error} onRetry={targets.refetch} />}
          {servers.isLoadingError && <ErrorState error={servers.error} onRetry={servers.refetch} />}
          {targets.data && servers.data && <Targets targets={targets.data.items} servers={servers.data.items} />}
          {settings.isLoadingError && <ErrorState error={settings.error} onRetry={settings.refetch} />}
          {settings.data && <AlertSettings settings={settings.data} />}
          {settings.data && <Watchdog settings={settings.data} />}
          {targets.data && <Deliveries targets={targets.data.items} />}
        </>
      )}
    </Page>
  );
}
