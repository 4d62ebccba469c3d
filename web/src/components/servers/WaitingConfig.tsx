import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { useRestartServer } from "../../api/serverActions";
import { pendingModsQuery } from "../../api/serverMods";
import { useCan } from "../../session/me";
import { waitingConfig as words } from "../../text/serverConfig";
import { StateShape } from "../ui/StateMark";
import ServerDialog from "./ServerDialogs";
import classes from "./WaitingConfig.module.css";

/** How many settings wait for the next stop of a server; nothing where none does. Mods that wait bring a button of their own. */
export function WaitingConfig({ server }: { server: Schema["ServerView"] }) {
  const can = useCan(server.id);
  const mods = useQuery({ ...pendingModsQuery(server.id), enabled: server.config_pending > 0 }).data;
  if (server.config_pending === 0) return null;
  return (
    <section className={classes.banner} aria-label={words.title(server.config_pending)}>
      <StateShape tone="warn" size={16} />
      <div className={classes.text}>
        <strong>{words.title(server.config_pending)}</strong>
        <span>
          {mods ? words.with : words.lead}{" "}
          <Link to="/servers/$serverId/config" params={{ serverId: server.id }} className={classes.look}>
            {words.look}
          </Link>
        </span>
      </div>
      {can("operator") && server.state === "running" && !mods && <Restart server={server} />}
    </section>
  );
}

function Restart({ server }: { server: Schema["ServerView"] }) {
  const [asks, setAsks] = useState(false);
  const restart = useRestartServer(server.id);
  const restartIt = () =>
    server.players_online
      ? setAsks(true)
      : restart.mutate({}, { onSuccess: () => void notifications.show({ message: words.restarting(server.name) }) });
  return (
    <>
      <Button size="xs" loading={restart.isPending} disabled={server.operation !== null} onClick={restartIt}>
        {words.restart}
      </Button>
      <ServerDialog
        server={server}
        act="restart"
        opened={asks}
        onClose={() => setAsks(false)}
        onStop={restart.mutateAsync}
        onRestart={restart.mutateAsync}
      />
    </>
  );
}
