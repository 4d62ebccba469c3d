import { Link } from "@tanstack/react-router";
import { ViewNav, viewLink } from "../../components/ui/ViewNav";
import { useCan } from "../../session/me";
import { configNav as words } from "../../text/serverConfig";

const views = [
  { to: "/servers/$serverId/config", label: words.settings, needs: "viewer" },
  { to: "/servers/$serverId/config/world", label: words.world, needs: "viewer" },
  { to: "/servers/$serverId/config/roles", label: words.roles, needs: "operator" },
  { to: "/servers/$serverId/config/tuning", label: words.tuning, needs: "viewer" },
  { to: "/servers/$serverId/config/versions", label: words.versions, needs: "operator" },
  { to: "/servers/$serverId/config/text", label: words.text, needs: "operator" },
] as const;

/** The parts of what the game reads when it starts. */
export function ConfigNav({ serverId }: { serverId: string }) {
  const can = useCan();
  return (
    <ViewNav label={words.label}>
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
