import { getRouteApi } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { serverConfig as words } from "../../text/serverConfig";
import classes from "./Config.module.css";
import { ConfigForm } from "./ConfigForm";
import { ConfigNav } from "./ConfigNav";
import { isOfWorld } from "./groups";

const route = getRouteApi("/frame/servers/$serverId/config/world");

/** The world and its rules, most of which count only while it is made. */
export default function WorldTab({ server }: { server: Schema["ServerDetails"] }) {
  const navigate = route.useNavigate();
  return (
    <div className={classes.tab}>
      <ConfigNav serverId={server.id} />
      <ConfigForm
        server={server}
        file="serverconfig"
        lead={words.worldLead}
        search={route.useSearch()}
        onSearch={(search) => void navigate({ search, replace: true, resetScroll: false })}
        holds={isOfWorld}
        note={(view) => <p className={classes.inset}>{view.world_exists ? words.worldExists : words.worldNew}</p>}
      />
    </div>
  );
}
