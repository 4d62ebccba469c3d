import { getRouteApi } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { serverConfig as words } from "../../text/serverConfig";
import classes from "./Config.module.css";
import { ConfigForm } from "./ConfigForm";
import { ConfigNav } from "./ConfigNav";
import { isOfWorld } from "./groups";

const route = getRouteApi("/frame/servers/$serverId/config");

/** How the server is: its name, its limits, who may join. */
export default function SettingsTab({ server }: { server: Schema["ServerDetails"] }) {
  const navigate = route.useNavigate();
  return (
    <div className={classes.tab}>
      <ConfigNav serverId={server.id} />
      <ConfigForm
        server={server}
        file="serverconfig"
        lead={words.lead}
        search={route.useSearch()}
        onSearch={(search) => void navigate({ search, replace: true, resetScroll: false })}
        holds={(field) => !isOfWorld(field)}
      />
    </div>
  );
}
