import { NativeSelect, Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { gameVersionsQuery } from "../../api/gameVersions";
import { installedVersionsQuery } from "../../api/installedVersions";
import { serverBuild } from "../../lib/gameVersions";
import { newServer as words } from "../../text/newServer";
import classes from "./VersionField.module.css";

interface VersionFieldProps {
  value: string;
  onChange: (value: string) => void;
  error?: string;
  /** What happens with a version that is not installed, if it is not downloaded. */
  missingHint?: string;
}

/** Which version of the game: those that are installed, then those that can be downloaded, newest first. */
export function VersionField({ value, onChange, error, missingHint = words.versionDownloaded }: VersionFieldProps) {
  const listed = useQuery(gameVersionsQuery()).data?.items ?? [];
  const installed = useQuery(installedVersionsQuery()).data?.items.map((item) => item.version) ?? [];
  const [showsUnstable, setShowsUnstable] = useState(false);
  const available = listed.filter((item) => serverBuild(item) && !installed.includes(item.version));
  const of = (channel: "stable" | "unstable") =>
    available.filter((item) => item.channel === channel).map((item) => item.version);
  const groups = [
    { group: words.versionInstalled, items: installed },
    { group: words.versionStable, items: of("stable") },
    { group: words.versionUnstable, items: showsUnstable ? of("unstable") : [] },
  ].filter(({ items }) => items.length > 0);
  const isListed = groups.some(({ items }) => items.includes(value));
  const isInstalled = installed.includes(value);
  const none = groups.length > 0 ? words.versionMissing : words.versionNone;
  return (
    <div className={classes.version}>
      <NativeSelect
        label={words.version}
        description={isInstalled || !value ? words.versionHint : missingHint}
        classNames={{ wrapper: classes.field }}
        error={error}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {!isListed && <option value={value}>{value || none}</option>}
        {groups.map(({ group, items }) => (
          <optgroup key={group} label={group}>
            {items.map((version) => (
              <option key={version} value={version}>
                {version}
              </option>
            ))}
          </optgroup>
        ))}
      </NativeSelect>
      <Switch
        size="sm"
        className={classes.unstable}
        label={words.versionShowUnstable}
        checked={showsUnstable}
        onChange={(event) => setShowsUnstable(event.currentTarget.checked)}
      />
    </div>
  );
}
