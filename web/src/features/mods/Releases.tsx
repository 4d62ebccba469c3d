import { Button } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { Fragment, useId, useState } from "react";
import type { Schema } from "../../api/client";
import type { ModChange } from "../../api/serverMods";
import { FitMark } from "../../components/mods/FitMark";
import { ForeignHtml } from "../../components/mods/ForeignHtml";
import { DataTable } from "../../components/ui/DataTable";
import { Section } from "../../components/ui/Page";
import { StateMark } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { fitOf } from "../../lib/fit";
import { formatNumber } from "../../lib/numbers";
import { mod as words } from "../../text/mods";
import { serverMods as installedWords, catalogServer as serverWords } from "../../text/serverMods";
import { foldVersions } from "./foldVersions";
import classes from "./ModPage.module.css";

const SHOWN_FIRST = 12;

interface ReleasesProps {
  mod: Schema["CatalogMod"];
  /** The one that one looks for. */
  server: Schema["ServerView"] | undefined;
  installed: Schema["InstalledMod"] | undefined;
  /** Versions that are known to have been taken back. */
  retracted: ReadonlySet<string>;
  onInstall: ((change: ModChange) => void) | null;
}

export function Releases({ mod, server, installed, retracted, onInstall }: ReleasesProps) {
  const { releases } = mod;
  const [showsAll, setShowsAll] = useState(false);
  const shown = showsAll ? releases : releases.slice(0, SHOWN_FIRST);
  return (
    <Section title={words.releases}>
      {releases.length === 0 ? (
        <p className={classes.nothing}>{words.noReleases}</p>
      ) : (
        <DataTable label={words.releases} stacked>
          <thead>
            <tr>
              <th>{words.table.version}</th>
              <th>{words.table.gameVersions}</th>
              {server && <th>{words.table.fit}</th>}
              <th>{words.table.released}</th>
              <th data-align="end">{words.table.downloads}</th>
              <th>{words.table.changes}</th>
              {server && onInstall && (
                <th>
                  <span className="visually-hidden">{words.table.install}</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {shown.map((release) => (
              <Release
                key={release.id}
                release={release}
                modid={release.modid ?? mod.modids[0]}
                server={server}
                isInstalled={release.version === installed?.version}
                isRetracted={retracted.has(release.version)}
                onInstall={onInstall}
              />
            ))}
          </tbody>
        </DataTable>
      )}
      {shown.length < releases.length && (
        <Button variant="default" className={classes.showAll} onClick={() => setShowsAll(true)}>
          {words.showAll(releases.length)}
        </Button>
      )}
    </Section>
  );
}

interface ReleaseProps {
  release: Schema["CatalogRelease"];
  modid: string | undefined;
  server: Schema["ServerView"] | undefined;
  isInstalled: boolean;
  isRetracted: boolean;
  onInstall: ((change: ModChange) => void) | null;
}

function Release({ release, modid, server, isInstalled, isRetracted, onInstall }: ReleaseProps) {
  const [isOpen, setOpen] = useState(false);
  const changesId = useId();
  const versions = foldVersions(release.game_versions).join(", ");
  return (
    <Fragment>
      <tr>
        <td data-label={words.table.version} className={classes.version}>
          <span>
            <span className="mono">{release.version}</span>
            {release.is_prerelease && <span className={classes.noFile}>{installedWords.prerelease}</span>}
            {release.file_id === null && <span className={classes.noFile}>{words.noFile}</span>}
            {isRetracted && (
              <span className={classes.retracted}>
                <StateMark tone="warn" label={installedWords.retracted} />
              </span>
            )}
          </span>
        </td>
        <td data-label={words.table.gameVersions} data-width="fill">
          {versions || <span className="quiet">{words.allGameVersions}</span>}
        </td>
        {server && (
          <td data-label={words.table.fit}>
            {server.version && <FitMark fit={fitOf(release.game_versions, server.version)} version={server.version} />}
          </td>
        )}
        <td data-label={words.table.released}>
          <Time value={release.created} absent={words.notSaid} />
        </td>
        <td data-label={words.table.downloads} data-align="end">
          {formatNumber(release.downloads)}
        </td>
        <td>
          {release.changelog_html.trim() && (
            <button
              type="button"
              className={classes.toggle}
              aria-label={words.showChanges(release.version)}
              aria-expanded={isOpen}
              aria-controls={isOpen ? changesId : undefined}
              onClick={() => setOpen(!isOpen)}
            >
              {words.changes}
              <IconChevronDown size={14} stroke={1.8} aria-hidden="true" />
            </button>
          )}
        </td>
        {server && onInstall && (
          <td data-align="end">
            {isInstalled ? (
              <StateMark tone="ok" label={serverWords.installed(null)} quiet />
            ) : (
              modid !== undefined &&
              release.file_id !== null &&
              !isRetracted && (
                <Button
                  size="compact-sm"
                  variant="default"
                  aria-label={serverWords.installVersion(release.version)}
                  onClick={() => onInstall({ action: "install", mod: modid, version: release.version })}
                >
                  {serverWords.install}
                </Button>
              )
            )}
          </td>
        )}
      </tr>
      {isOpen && (
        <tr id={changesId} className={classes.changes}>
          <td colSpan={7}>
            <ForeignHtml html={release.changelog_html} below={2} />
          </td>
        </tr>
      )}
    </Fragment>
  );
}
