import { UnstyledButton } from "@mantine/core";
import { IconChevronRight } from "@tabler/icons-react";
import { useId, useState } from "react";
import type { Schema } from "../../api/client";
import { DataTable } from "../../components/ui/DataTable";
import { Time } from "../../components/ui/Time";
import { channels, platform, versionKinds, gameVersions as words } from "../../text/gameVersions";
import { InstallVersion } from "./InstallVersion";
import classes from "./VersionTable.module.css";

type Version = Schema["GameVersionOut"];

/** Versions in the order in which they are given. The files of each can be opened. */
export function VersionTable({ versions }: { versions: readonly Version[] }) {
  return (
    <DataTable label={words.table}>
      <thead>
        <tr>
          <th>{words.columns.version}</th>
          <th className={classes.channel}>{words.columns.channel}</th>
          <th className={classes.seen}>{words.columns.seen}</th>
          <th data-align="end">{words.columns.builds}</th>
          <th data-align="end">{words.columns.here}</th>
        </tr>
      </thead>
      <tbody>
        {versions.map((version, index) => (
          <Row
            key={`${version.channel} ${version.version}`}
            version={version}
            isFirstOfMinor={index > 0 && versions[index - 1]?.minor !== version.minor}
          />
        ))}
      </tbody>
    </DataTable>
  );
}

function Row({ version, isFirstOfMinor }: { version: Version; isFirstOfMinor: boolean }) {
  const [isOpen, setOpen] = useState(false);
  const filesId = useId();
  return (
    <>
      <tr className={classes.row} data-divided={isFirstOfMinor || undefined} data-newest={version.latest || undefined}>
        <th scope="row" className={classes.version}>
          {version.version}
          {version.latest && <span className={classes.newest}>{words.newest}</span>}
        </th>
        <td className={classes.channel}>
          {channels[version.channel]}
          {version.kind !== "stable" && <span className={classes.kind}>{versionKinds[version.kind]}</span>}
        </td>
        <td data-width="fill" className={classes.seen}>
          <Time value={version.first_seen} absent="–" />
        </td>
        <td data-align="end">
          {version.builds.length === 0 ? (
            <span className="quiet">{words.noBuilds}</span>
          ) : (
            <UnstyledButton
              className={classes.toggle}
              aria-expanded={isOpen}
              aria-controls={isOpen ? filesId : undefined}
              aria-label={words.showBuilds(version.builds.length, version.version)}
              onClick={() => setOpen(!isOpen)}
            >
              <span>{words.builds(version.builds.length)}</span>
              <IconChevronRight size={16} stroke={1.8} aria-hidden="true" data-open={isOpen || undefined} />
            </UnstyledButton>
          )}
        </td>
        <td data-align="end" className={classes.here}>
          <InstallVersion version={version} />
        </td>
      </tr>
      {isOpen && (
        <tr id={filesId} className={classes.files}>
          <td colSpan={5}>
            <p className={classes.seenBelow}>
              {words.firstSeen} <Time value={version.first_seen} absent="–" />
            </p>
            <ul>
              {version.builds.map((build) => (
                <Build key={build.platform} build={build} />
              ))}
            </ul>
          </td>
        </tr>
      )}
    </>
  );
}

function Build({ build }: { build: Schema["BuildOut"] }) {
  return (
    <li className={classes.build}>
      <span>{platform(build.platform)}</span>
      <span className={classes.file}>
        {build.url ? (
          <a href={build.url} target="_blank" rel="noopener noreferrer nofollow">
            {build.file_name}
          </a>
        ) : (
          build.file_name
        )}
        {build.md5 && (
          <span className={classes.md5}>
            {words.md5} <code>{build.md5}</code>
          </span>
        )}
      </span>
      <span className={classes.size}>{build.size_text}</span>
    </li>
  );
}
