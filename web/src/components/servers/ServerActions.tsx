import { Button, Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconChevronDown, IconPlayerPlay, IconPlayerStop, IconRefresh, IconSkull } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";
import type { Schema } from "../../api/client";
import { useInstallVersion } from "../../api/installedVersions";
import { useRestartServer, useStartServer, useStopServer } from "../../api/serverActions";
import { useCan } from "../../session/me";
import { serverActions as words } from "../../text/servers";
import classes from "./ServerActions.module.css";

type Server = Schema["ServerView"];
export type Dialog = "stop" | "restart" | "kill";

const ServerDialog = lazy(() => import("./ServerDialogs"));

const icon = { size: 16, stroke: 1.8, "aria-hidden": true } as const;

/** What an operator can do with a server in its present state. `isMain` on the server's own page. */
export function ServerActions({ server, isMain = false }: { server: Server; isMain?: boolean }) {
  const can = useCan(server.id);
  if (!can("operator")) return null;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for what is sent together
    <div className={classes.actions} role="group" aria-label={words.group(server.name)}>
      <Fitting server={server} isMain={isMain} />
    </div>
  );
}

function Fitting({ server, isMain }: { server: Server; isMain: boolean }) {
  const can = useCan(server.id);
  switch (server.state) {
    case "not_installed":
      return can("admin") && !server.operation && server.version ? <Install version={server.version} /> : null;
    case "stopped":
      return <Start server={server} isMain={isMain} />;
    case "crashed":
    case "failed_to_start":
      return (
        <>
          <Start server={server} isMain={isMain} />
          {server.crash?.restarts_at && <LeaveStopped server={server} />}
        </>
      );
    case "starting":
    case "running":
    case "stopping":
      return <EndOrRestart server={server} />;
  }
}

function Start({ server, isMain }: { server: Server; isMain: boolean }) {
  const start = useStartServer(server.id);
  const isWaiting = server.state === "crashed" && Boolean(server.crash?.restarts_at);
  return (
    <Button
      variant={isMain ? "filled" : "default"}
      className={classes.first}
      leftSection={<IconPlayerPlay {...icon} />}
      aria-label={isWaiting ? words.startThisNow(server.name) : words.startThis(server.name)}
      loading={start.isPending}
      disabled={server.operation !== null}
      onClick={() => start.mutate()}
    >
      {isWaiting ? words.startNow : words.start}
    </Button>
  );
}

function LeaveStopped({ server }: { server: Server }) {
  const stop = useStopServer(server.id);
  return (
    <Button variant="default" loading={stop.isPending} onClick={() => stop.mutate({})}>
      {words.leaveStopped}
    </Button>
  );
}

function Install({ version }: { version: string }) {
  const install = useInstallVersion();
  return (
    <Button variant="default" loading={install.isPending} onClick={() => install.mutate({ version })}>
      {words.install(version)}
    </Button>
  );
}

/** Who is disconnected by it is asked about first; an empty server stops at once. */
function EndOrRestart({ server }: { server: Server }) {
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const [asks, setAsks] = useState(false);
  const stop = useStopServer(server.id);
  const restart = useRestartServer(server.id);
  const isSomeoneOn = Boolean(server.players_online);
  const isStopping = server.state === "stopping";
  const ask = (about: Dialog) => {
    setDialog(about);
    setAsks(true);
  };
  const stopIt = () =>
    isSomeoneOn
      ? ask("stop")
      : stop.mutate({}, { onSuccess: () => void notifications.show({ message: words.stopped(server.name) }) });
  const restartIt = () =>
    isSomeoneOn
      ? ask("restart")
      : restart.mutate({}, { onSuccess: () => void notifications.show({ message: words.restarted(server.name) }) });
  return (
    <>
      <Button
        variant="default"
        className={classes.first}
        leftSection={<IconPlayerStop {...icon} />}
        aria-label={words.stopThis(server.name)}
        loading={stop.isPending}
        disabled={isStopping}
        onClick={stopIt}
      >
        {words.stop}
      </Button>
      <Button.Group>
        <Button
          variant="default"
          leftSection={<IconRefresh {...icon} />}
          aria-label={words.restartThis(server.name)}
          loading={restart.isPending}
          disabled={server.state !== "running" || server.operation !== null}
          onClick={restartIt}
        >
          {words.restart}
        </Button>
        <Menu position="bottom-end">
          <Menu.Target>
            <Button variant="default" className={classes.more} aria-label={words.more(server.name)}>
              <IconChevronDown {...icon} />
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item color="var(--bad)" leftSection={<IconSkull {...icon} />} onClick={() => ask("kill")}>
              {words.kill}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </Button.Group>
      {dialog && (
        <Suspense>
          <ServerDialog
            server={server}
            act={dialog}
            opened={asks}
            onClose={() => setAsks(false)}
            onStop={stop.mutateAsync}
            onRestart={restart.mutateAsync}
          />
        </Suspense>
      )}
    </>
  );
}
