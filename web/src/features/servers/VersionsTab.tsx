import { Button, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { gameVersionsQuery } from "../../api/gameVersions";
import { installedVersionsQuery } from "../../api/installedVersions";
import { RuntimeMissing } from "../../components/servers/RuntimeMissing";
import { DataTable } from "../../components/ui/DataTable";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { Section } from "../../components/ui/Page";
import { StateMark } from "../../components/ui/StateMark";
import { formatBytes } from "../../lib/bytes";
import { compareVersions, serverBuild } from "../../lib/gameVersions";
import { useCan, useRole } from "../../session/me";
import { serverVersions as words } from "../../text/serverPage";
import { SwitchDialog } from "./SwitchDialog";
import classes from "./VersionsTab.module.css";

type Server = Schema["ServerDetails"];
type Installed = Schema["InstalledVersion"];
type Listed = Schema["GameVersionOut"];

/** A version that this server could use. */
interface Choice {
  version: string;
  installed: Installed | undefined;
  listed: Listed | undefined;
}

/** Which version of the game this server uses, and which others it could. */
export default function VersionsTab({ server }: { server: Server }) {
  const installed = useQuery(installedVersionsQuery());
  const listed = useQuery(gameVersionsQuery());
  const can = useCan();
  const role = useRole();
  if (installed.isPending || listed.isPending) return <LoadingState rows={10} />;
  if (installed.isLoadingError) return <ErrorState error={installed.error} onRetry={installed.refetch} />;
  const items = installed.data?.items ?? [];
  const own = items.find((item) => item.version === server.version);
  return (
    <div className={classes.parts}>
      <p className={classes.current}>
        {words.current} <strong>{server.version ?? words.none}</strong>
        {server.version && !own && <StateMark tone="warn" label={words.notInstalled} />}
      </p>
      {own && <RuntimeMissing installed={own} />}
      {listed.isLoadingError && <ErrorState error={listed.error} onRetry={listed.refetch} />}
      <Section
        title={words.others}
        actions={
          <>
            <Link to="/servers/$serverId/updates" params={{ serverId: server.id }}>
              {words.update}
            </Link>
            <Link to="/servers/$serverId/mods/ready" params={{ serverId: server.id }}>
              {words.modsReady}
            </Link>
          </>
        }
      >
        {!can("admin") && <p className="quiet">{words.viewerHint(role)}</p>}
        <Choices server={server} installed={items} listed={listed.data?.items ?? []} />
      </Section>
    </div>
  );
}

function Choices({ server, installed, listed }: { server: Server; installed: Installed[]; listed: Listed[] }) {
  const can = useCan();
  const [showsAll, setShowsAll] = useState(false);
  const [chosen, setChosen] = useState<Choice | null>(null);
  const [asks, setAsks] = useState(false);
  const all = choicesOf(installed, listed);
  const isOlder = (version: string) => server.version && compareVersions(version, server.version, listed) === -1;
  const near = all.filter(
    ({ version, installed: here, listed: known }) =>
      here || version === server.version || (known?.latest && !isOlder(version)),
  );
  const shown = showsAll ? all : near;
  const ask = (choice: Choice) => {
    setChosen(choice);
    setAsks(true);
  };
  return (
    <div className={classes.choices}>
      <DataTable label={words.table}>
        <thead>
          <tr>
            <th>{words.columns.version}</th>
            <th>{words.columns.state}</th>
            {can("admin") && (
              <th>
                <span className="visually-hidden">{words.columns.action}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {shown.map((choice) => (
            <tr key={choice.version}>
              <th scope="row" className={classes.version}>
                {choice.version}
              </th>
              <td data-width="fill">
                <ChoiceState choice={choice} isOwn={choice.version === server.version} />
              </td>
              {can("admin") && (
                <td data-align="end">
                  {choice.version !== server.version && (
                    <Button
                      variant="default"
                      size="xs"
                      aria-label={words.switchTo(choice.version)}
                      disabled={server.operation !== null}
                      onClick={() => ask(choice)}
                    >
                      {words.switch}
                    </Button>
                  )}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </DataTable>
      {all.length > near.length && (
        <UnstyledButton className={classes.more} onClick={() => setShowsAll(!showsAll)}>
          {showsAll ? words.showFewer : words.showAll(all.length)}
        </UnstyledButton>
      )}
      {chosen && (
        <SwitchDialog
          key={chosen.version}
          server={server}
          version={chosen.version}
          isInstalled={chosen.installed !== undefined}
          listed={listed}
          opened={asks}
          onClose={() => setAsks(false)}
        />
      )}
    </div>
  );
}

function ChoiceState({ choice, isOwn }: { choice: Choice; isOwn: boolean }) {
  const { installed, listed } = choice;
  const isMissing = installed?.runtime.is_there === false;
  if (isMissing) return <StateMark tone="warn" label={words.runtimeShort} />;
  if (isOwn) return <StateMark tone="ok" label={words.inUse} quiet />;
  if (installed) return `${words.installed}, ${formatBytes(installed.size_bytes)}`;
  return <span className="quiet">{words.toDownload((listed && serverBuild(listed)?.size_text) ?? null)}</span>;
}

/** Newest first: the order of the list, with what only lies here at the end. */
function choicesOf(installed: readonly Installed[], listed: readonly Listed[]): Choice[] {
  const known = listed
    .map((item) => ({
      version: item.version,
      listed: item,
      installed: installed.find((other) => other.version === item.version),
    }))
    .filter((choice) => choice.installed || serverBuild(choice.listed));
  const others = installed
    .filter((item) => !listed.some((other) => other.version === item.version))
    .map((item) => ({ version: item.version, listed: undefined, installed: item }));
  return [...known, ...others];
}
