import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import type { ModChange } from "../../api/serverMods";
import { FitMark } from "../../components/mods/FitMark";
import { StateMark } from "../../components/ui/StateMark";
import { printable } from "../../lib/printable";
import { useCan } from "../../session/me";
import { serverMods as installedWords, catalogServer as words } from "../../text/serverMods";
import classes from "./InstallMod.module.css";
import { ServerMenu } from "./ServerMenu";
import { type ChosenServer, installedOf } from "./useChosenServer";
import { isRetracted } from "./useRetracted";

interface InstallModProps {
  mod: Schema["CatalogMod"];
  chosen: ChosenServer;
  onChoose: (serverId: string) => void;
  /** The release that a link means, if one does. */
  meant: Schema["CatalogRelease"] | undefined;
  /** Versions that are known to have been taken back. */
  retracted: ReadonlySet<string>;
  onInstall: (change: ModChange) => void;
}

/** What of the mod is on the server that one looks for, and how it gets there. */
export function InstallMod({ mod, chosen, onChoose, meant, retracted, onInstall }: InstallModProps) {
  const can = useCan();
  const { server, servers, installed } = chosen;
  if (servers.length === 0) return null;
  const own = installedOf(mod.modids, installed);
  const modid = meant?.modid ?? mod.modids[0];
  return (
    <section className={classes.install} aria-label={words.onServer}>
      <ServerMenu chosen={chosen} onChoose={onChoose} />
      {!server && <span className="quiet">{words.chooseServer}</span>}
      {server && own && (
        <Link to="/servers/$serverId/mods" params={{ serverId: server.id }} className={classes.own}>
          <StateMark tone="ok" label={words.installed(own.version && printable(own.version))} quiet />
        </Link>
      )}
      {server && own && isRetracted(own) && <StateMark tone="warn" label={installedWords.retracted} />}
      {server && own?.update && <FitMark fit={own.update.fit} version={server.version} />}
      {server && modid === undefined && <span className="quiet">{words.noModid}</span>}
      {server && modid !== undefined && can("operator", server.id) && (
        <>
          {meant && meant.version !== own?.version && !retracted.has(meant.version) && (
            <Button onClick={() => onInstall({ action: "install", mod: modid, version: meant.version })}>
              {words.installVersion(printable(meant.version))}
            </Button>
          )}
          {!meant && !own && (
            <Button onClick={() => onInstall({ action: "install", mod: modid })}>{words.install}</Button>
          )}
          {!meant && own?.update && own.modid !== null && (
            <Button onClick={() => onInstall({ action: "update", mod: own.modid })}>
              {words.updateTo(printable(own.update.version))}
            </Button>
          )}
        </>
      )}
    </section>
  );
}
