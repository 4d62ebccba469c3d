import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import type { Schema } from "../../api/client";
import { installedVersionsQuery, openInstallsQuery, useInstallVersion } from "../../api/installedVersions";
import { StateMark } from "../../components/ui/StateMark";
import { serverBuild } from "../../lib/gameVersions";
import { useCan } from "../../session/me";
import { installedVersions as words } from "../../text/gameVersions";

/** Whether a version lies on this machine; if not, the way to get it there. */
export function InstallVersion({ version }: { version: Schema["GameVersionOut"] }) {
  const can = useCan();
  const installed = useQuery(installedVersionsQuery()).data?.items;
  const isBusy = useQuery(openInstallsQuery()).data?.items.some((run) => run.ended_at === null) ?? false;
  const install = useInstallVersion();
  if (!installed || !serverBuild(version)) return null;
  if (installed.some((item) => item.version === version.version)) {
    return <StateMark tone="ok" label={words.installed} quiet />;
  }
  if (!can("admin")) return null;
  const start = () =>
    install.mutate(
      { version: version.version },
      { onSuccess: () => void notifications.show({ message: words.installing(version.version) }) },
    );
  return (
    <Button
      variant="subtle"
      size="xs"
      aria-label={words.installThis(version.version)}
      loading={install.isPending}
      disabled={isBusy}
      onClick={start}
    >
      {words.install}
    </Button>
  );
}
