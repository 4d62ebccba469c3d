import { IconDownload } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { memo } from "react";
import type { Schema } from "../../api/client";
import { formatCompact, formatNumber } from "../../lib/numbers";
import { catalog as words } from "../../text/mods";
import { Logo } from "../../components/mods/Logo";
import classes from "./ModCard.module.css";
import { changed } from "./search";

const TAGS_SHOWN = 3;

interface ModCardProps {
  mod: Schema["CatalogItem"];
  /** Where the focus goes when the page opens: the mod one comes back from. */
  isStart: boolean;
  onOpen: (modId: number) => void;
}

export const ModCard = memo(function ModCard({ mod, isStart, onOpen }: ModCardProps) {
  return (
    <article className={classes.card}>
      <Logo name={mod.name} url={mod.logo_url} size={56} />
      <div className={classes.head}>
        <h2 className={classes.name}>
          <Link
            to="/mods/$modId"
            params={{ modId: String(mod.id) }}
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
        <span className={classes.tags}>{mod.tags.slice(0, TAGS_SHOWN).join(" · ")}</span>
      </p>
    </article>
  );
});
