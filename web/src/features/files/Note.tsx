import { Link } from "@tanstack/react-router";
import { StateShape } from "../../components/ui/StateMark";
import { files as words } from "../../text/files";
import { serverPage } from "../../text/serverPage";
import classes from "./files.module.css";

/** The parts of the page that do better what could be done with a file; as the API names them. */
const PLACES = {
  config: { to: "/servers/$serverId/config", label: serverPage.tab.config },
  players: { to: "/servers/$serverId/players", label: serverPage.tab.players },
  backups: { to: "/servers/$serverId/backups", label: serverPage.tab.backups },
  logs: { to: "/servers/$serverId/logs", label: serverPage.tab.logs },
  mods: { to: "/servers/$serverId/mods", label: serverPage.tab.mods },
  "mods/config": { to: "/servers/$serverId/mods/config", label: `${serverPage.tab.mods}: ${serverPage.tab.config}` },
} as const;

interface NoteProps {
  serverId: string;
  text: string | null;
  where: string | null;
  isLocked: boolean;
}

/** What something is to the game, and where to go instead. */
export function Note({ serverId, text, where, isLocked }: NoteProps) {
  if (text === null) return null;
  const place = where !== null && where in PLACES ? PLACES[where as keyof typeof PLACES] : null;
  return (
    <p className={classes.note} data-locked={isLocked || undefined}>
      <StateShape tone={isLocked ? "warn" : "off"} size={16} />
      <span>
        {text}{" "}
        {place && (
          <Link to={place.to} params={{ serverId }}>
            {words.more(place.label)}
          </Link>
        )}
      </span>
    </p>
  );
}
