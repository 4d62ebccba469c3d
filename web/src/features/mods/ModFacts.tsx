import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Schema } from "../../api/client";
import { webAddress } from "../../components/mods/ForeignHtml";
import { Logo } from "../../components/mods/Logo";
import { Time } from "../../components/ui/Time";
import { formatNumber } from "../../lib/numbers";
import { catalog, mod as words } from "../../text/mods";
import { foldVersions } from "./foldVersions";
import classes from "./ModPage.module.css";

/** At the side: what one asks first about a mod. */
export function ModFacts({ mod }: { mod: Schema["CatalogMod"] }) {
  const latest = mod.releases.find((release) => !release.is_prerelease) ?? mod.releases[0];
  return (
    <aside className={classes.facts} aria-label={words.about}>
      <Logo name={mod.name} url={mod.logo_url} size={96} />
      <dl className={classes.list}>
        {latest && (
          <Fact name={words.latest}>
            <span className={classes.latest}>
              <span className="mono">{latest.version}</span> <Time value={latest.created} absent={words.notSaid} />
            </span>
            <span className={classes.versions}>{foldVersions(latest.game_versions).join(", ")}</span>
          </Fact>
        )}
        {mod.author && (
          <Fact name={words.author}>
            <Link to="/mods" search={{ author: mod.author }}>
              {mod.author}
            </Link>
          </Fact>
        )}
        <Fact name={words.side}>{catalog.sideWord(mod.side)}</Fact>
        <Fact name={words.type}>{catalog.typeWord(mod.type)}</Fact>
        <Fact name={words.downloads}>{formatNumber(mod.downloads)}</Fact>
        <Fact name={words.follows}>{formatNumber(mod.follows)}</Fact>
        <Fact name={words.comments}>{formatNumber(mod.comments)}</Fact>
        <Fact name={words.trending}>{formatNumber(mod.trending_points)}</Fact>
        <Fact name={words.created}>
          <Time value={mod.created} absent={words.notSaid} />
        </Fact>
        {mod.modids.length > 0 && (
          <Fact name={words.ids}>
            <span className="mono">{mod.modids.join(", ")}</span>
          </Fact>
        )}
        {mod.tags.length > 0 && (
          <Fact name={words.tags}>
            <span className={classes.tags}>
              {mod.tags.map((tag) => (
                <Link key={tag} to="/mods" search={{ tag: [tag] }}>
                  {tag}
                </Link>
              ))}
            </span>
          </Fact>
        )}
        <Links mod={mod} />
      </dl>
    </aside>
  );
}

function Links({ mod }: { mod: Schema["CatalogMod"] }) {
  const links = [
    [words.homepage, mod.homepage_url],
    [words.source, mod.source_code_url],
    [words.issues, mod.issue_tracker_url],
    [words.wiki, mod.wiki_url],
    [words.trailer, mod.trailer_video_url],
    [words.pictures(mod.screenshot_urls.length), mod.screenshot_urls.length > 0 ? mod.page_url : null],
  ] as const;
  const known = links.flatMap(([label, url]) => {
    const href = webAddress(url);
    return href ? [{ label, href }] : [];
  });
  if (known.length === 0) return null;
  return (
    <Fact name={words.links}>
      <span className={classes.links}>
        {known.map(({ label, href }) => (
          <a key={label} href={href} target="_blank" rel="noopener noreferrer nofollow">
            {label}
            <span className="visually-hidden"> ({words.opensNewTab})</span>
          </a>
        ))}
      </span>
    </Fact>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
