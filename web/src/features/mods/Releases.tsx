import { Button } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { Fragment, useId, useState } from "react";
import type { Schema } from "../../api/client";
import { DataTable } from "../../components/ui/DataTable";
import { Section } from "../../components/ui/Page";
import { Time } from "../../components/ui/Time";
import { formatNumber } from "../../lib/numbers";
import { mod as words } from "../../text/mods";
import { ForeignHtml } from "../../components/mods/ForeignHtml";
import { foldVersions } from "./foldVersions";
import classes from "./ModPage.module.css";

const SHOWN_FIRST = 12;

export function Releases({ releases }: { releases: readonly Schema["CatalogRelease"][] }) {
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
              <th>{words.table.released}</th>
              <th data-align="end">{words.table.downloads}</th>
              <th>{words.table.changes}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((release) => (
              <Release key={release.id} release={release} />
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

function Release({ release }: { release: Schema["CatalogRelease"] }) {
  const [isOpen, setOpen] = useState(false);
  const changesId = useId();
  const versions = foldVersions(release.game_versions).join(", ");
  return (
    <Fragment>
      <tr>
        <td data-label={words.table.version} className={classes.version}>
          <span>
            <span className="mono">{release.version}</span>
            {release.file_id === null && <span className={classes.noFile}>{words.noFile}</span>}
          </span>
        </td>
        <td data-label={words.table.gameVersions} data-width="fill">
          {versions || <span className="quiet">{words.allGameVersions}</span>}
        </td>
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
      </tr>
      {isOpen && (
        <tr id={changesId} className={classes.changes}>
          <td colSpan={5}>
            <ForeignHtml html={release.changelog_html} below={2} />
          </td>
        </tr>
      )}
    </Fragment>
  );
}
