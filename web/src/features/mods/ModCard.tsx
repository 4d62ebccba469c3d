import { IconDownload } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { memo } from "react";
import type { Schema } from "../../api/client";
import { FitMark } from "../../components/mods/FitMark";
import { Logo } from "../../components/mods/Logo";
import { StateMark } from "../../components/ui/StateMark";
import { formatCompact, formatNumber } from "../../lib/numbers";
import { printable } from "../../lib/printable";
import { catalog as words } from "../../text/mods";
import { catalogServer as serverWords } from "../../text/serverMods";
import classes from "./ModCard.module.css";
import { changed, readModSearch } from "./search";

const TAGS_SHOWN = 3;

interface ModCardProps {
  mod: Schema["ListedItem"];
  /** Where the focus goes when the page opens: the mod one comes back from. */
  isStart: boolean;
  onOpen: (modId: number) => void;
  /** The game version of the server that one looks for; undefined where one looks for none. */
  serverVersion: string | null | undefined;
  installed: Schema["InstalledMod"] | undefined;
  onInstall: ((mod: Schema["ListedItem"], modid: string) => void) | null;
}

export const ModCard = memo(function ModCard(props: ModCardProps) {
  const { mod, isStart, onOpen, serverVersion } = props;
  return (
    <article className={classes.card}>
      <Logo name={mod.name} url={mod.logo_url} size={56} />
      <div className={classes.head}>
        <h2 className={classes.name}>
          <Link
            to="/mods/$modId"
            params={{ modId: String(mod.id) }}
            search={(search) => readModSearch(search)}
            className={classes.open}
            data-page-focus={isStart || undefined}
            data-card
            onClick={() => onOpen(mod.id)}
          >
            {mod.name}
          </Link>
        </h2>
        {mod.author && (
          <p className={classes.author}>
            {words.by}{" "}
            <Link
              to="/mods"
              search={(search) => changed(search, { author: mod.author })}
              className={classes.authorLink}
            >
              {mod.author}
            </Link>
          </p>
        )}
      </div>
      <p className={classes.summary}>{mod.summary}</p>
      <p className={classes.facts}>
        <span className={classes.downloads} title={words.downloads(formatNumber(mod.downloads))}>
          <IconDownload size={14} stroke={1.8} aria-hidden="true" />
          <span aria-hidden="true">{formatCompact(mod.downloads)}</span>
          <span className="visually-hidden">{words.downloads(formatNumber(mod.downloads))}</span>
        </span>
        <span className={classes.side}>{words.sideWord(mod.side)}</span>
        {serverVersion === undefined ? (
          <span className={classes.tags}>{mod.tags.slice(0, TAGS_SHOWN).join(" · ")}</span>
        ) : (
          <ForServer {...props} serverVersion={serverVersion} />
        )}
      </p>
    </article>
  );
});

/** Whether it is on the server that one looks for, or would fit there. */
function ForServer({ mod, serverVersion, installed, onInstall }: ModCardProps & { serverVersion: string | null }) {
  if (installed) {
    return (
      <span className={classes.fit}>
        <StateMark tone="ok" label={serverWords.installed(installed.version && printable(installed.version))} quiet />
      </span>
    );
  }
  const [modid] = mod.modids;
  return (
    <span className={classes.fit}>
      {mod.fit && <FitMark fit={mod.fit} version={serverVersion} isOffer />}
      {onInstall && modid !== undefined && mod.type === "mod" && (
        <button
          type="button"
          className={classes.install}
          aria-label={serverWords.installThis(mod.name)}
          onClick={() => onInstall(mod, modid)}
        >
          {serverWords.install}
        </button>
      )}
    </span>
  );
}
