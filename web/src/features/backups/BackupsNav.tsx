import { Link } from "@tanstack/react-router";
import { ViewNav, viewLink } from "../../components/ui/ViewNav";
import { backups as words } from "../../text/backups";

/** The parts of what there is to know about the backups of one server. */
export function ServerBackupsNav({ serverId }: { serverId: string }) {
  const views = [
    { to: "/servers/$serverId/backups", label: words.tabViews.list },
    { to: "/servers/$serverId/backups/restores", label: words.tabViews.restores },
    { to: "/servers/$serverId/backups/rules", label: words.tabViews.rules },
  ] as const;
  return (
    <ViewNav label={words.nav}>
      {views.map((view) => (
        <Link key={view.to} to={view.to} params={{ serverId }} {...viewLink}>
          {view.label}
        </Link>
      ))}
    </ViewNav>
  );
}

/** The parts of what there is to know about all backups. */
export function AllBackupsNav() {
  const views = [
    { to: "/backups", label: words.views.all },
    { to: "/backups/places", label: words.views.places },
  ] as const;
  return (
    <ViewNav label={words.nav}>
      {views.map((view) => (
        <Link key={view.to} to={view.to} {...viewLink}>
          {view.label}
        </Link>
      ))}
    </ViewNav>
  );
}
