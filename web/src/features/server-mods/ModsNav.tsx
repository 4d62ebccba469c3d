import { Link } from "@tanstack/react-router";
import { ViewNav, viewLink } from "../../components/ui/ViewNav";
import { useCan } from "../../session/me";
import { serverMods as words } from "../../text/serverMods";

const views = [
  { to: "/servers/$serverId/mods", label: words.views.installed, needs: "viewer" },
  { to: "/servers/$serverId/mods/history", label: words.views.history, needs: "viewer" },
  { to: "/servers/$serverId/mods/ready", label: words.views.ready, needs: "viewer" },
  { to: "/servers/$serverId/mods/config", label: words.views.config, needs: "operator" },
] as const;

/** The parts of what there is to know about a server's mods. */
export function ModsNav({ serverId }: { serverId: string }) {
  const can = useCan();
  return (
    <ViewNav label={words.nav}>
      {views
        .filter((view) => can(view.needs))
        .map((view) => (
          <Link key={view.to} to={view.to} params={{ serverId }} {...viewLink}>
            {view.label}
          </Link>
        ))}
    </ViewNav>
  );
}
