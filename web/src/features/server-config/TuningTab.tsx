import { getRouteApi } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { serverConfig as words } from "../../text/serverConfig";
import classes from "./Config.module.css";
import { ConfigForm } from "./ConfigForm";
import { ConfigNav } from "./ConfigNav";

const route = getRouteApi("/frame/servers/$serverId/config/tuning");

/** How the game works: how often it saves, how much it sends. */
export default function TuningTab({ server }: { server: Schema["ServerDetails"] }) {
  const navigate = route.useNavigate();
  return (
    <div className={classes.tab}>
      <ConfigNav serverId={server.id} />
      <ConfigForm
        server={server}
        file="servermagicnumbers"
        lead={words.tuningLead}
        search={route.useSearch()}
        onSearch={(search) => void navigate({ search, replace: true, resetScroll: false })}
        holds={() => true}
      />
    </div>
  );
}
