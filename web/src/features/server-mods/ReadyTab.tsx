import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { gameVersionsQuery } from "../../api/gameVersions";
import { DataTable } from "../../components/ui/DataTable";
import { EmptyState } from "../../components/ui/EmptyState";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { StateMark, StateShape, type Tone } from "../../components/ui/StateMark";
import { serverBuild } from "../../lib/gameVersions";
import { formatNumber } from "../../lib/numbers";
import { printable } from "../../lib/printable";
import { readiness as words } from "../../text/serverMods";
import { readinessQuery } from "./api/readiness";
import installed from "./InstalledTab.module.css";
import { ModsNav } from "./ModsNav";
import classes from "./ReadyTab.module.css";

type Server = Schema["ServerDetails"];
type Verdict = Schema["Readiness"]["verdict"];

/** The ones that stand against it first. */
const ORDER: readonly Verdict[] = ["not_ready", "unknown", "likely", "update", "ready"];
const tones: Record<Verdict, Tone> = { not_ready: "bad", unknown: "off", likely: "off", update: "ok", ready: "ok" };

/** Which of the mods are ready for another version of the game. */
export default function ReadyTab({ server }: { server: Server }) {
  const search = useSearch({ from: "/frame/servers/$serverId/mods/ready" });
  const navigate = useNavigate({ from: "/servers/$serverId/mods/ready" });
  const listed = useQuery(gameVersionsQuery());
  const versions = listed.data?.items.filter(serverBuild) ?? [];
  const newest = versions.find((item) => item.channel === "stable" && item.latest) ?? versions[0];
  const version = search.version?.slice(1) ?? newest?.version ?? server.version;
  const isListed = versions.some((item) => item.version === version);
  return (
    <div className={classes.tab}>
      <ModsNav serverId={server.id} />
      <p className={classes.lead}>{words.lead}</p>
      <NativeSelect
        label={words.version}
        className={classes.version}
        value={version ?? ""}
        onChange={(event) =>
          void navigate({ search: { version: `v${event.currentTarget.value}` }, replace: true, resetScroll: false })
        }
      >
        {!isListed && <option value={version ?? ""}>{version ?? ""}</option>}
        {versions.map((item) => (
          <option key={item.version} value={item.version}>
            {item.version === server.version ? words.current(item.version) : item.version}
          </option>
        ))}
      </NativeSelect>
      {listed.isPending && !search.version ? (
        <LoadingState rows={10} />
      ) : version ? (
        <Report key={version} server={server} version={version} />
      ) : (
        <EmptyState title={words.choose} />
      )}
    </div>
  );
}

function Report({ server, version }: { server: Server; version: string }) {
  const report = useQuery(readinessQuery(server.id, version));
  const [only, setOnly] = useState<Verdict | null>(null);
  if (report.isPending) return <LoadingState label={words.working} rows={10} />;
  if (report.isLoadingError) return <ErrorState error={report.error} onRetry={report.refetch} />;
  const { items } = report.data;
  const counts = ORDER.map((verdict) => [verdict, items.filter((item) => item.verdict === verdict).length] as const);
  const shown = items
    .filter((item) => only === null || item.verdict === only)
    .sort((one, other) => ORDER.indexOf(one.verdict) - ORDER.indexOf(other.verdict));
  return (
    <>
      <p className={classes.summary} role="status">
        {words.summary(items)}
      </p>
      {report.data.problem && (
        <p className={classes.problem}>
          <StateShape tone="warn" size={16} />
          <span>{printable(report.data.problem)}</span>
        </p>
      )}
      {items.length > 0 && (
        <>
          {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for what is sent together */}
          <div className={installed.shows} role="group" aria-label={words.columns.verdict}>
            <button type="button" className={installed.show} aria-pressed={only === null} onClick={() => setOnly(null)}>
              {words.all} <span className="tabular">{formatNumber(items.length)}</span>
            </button>
            {counts.map(
              ([verdict, count]) =>
                count > 0 && (
                  <button
                    key={verdict}
                    type="button"
                    className={installed.show}
                    aria-pressed={only === verdict}
                    onClick={() => setOnly(only === verdict ? null : verdict)}
                  >
                    {words.verdict(verdict)} <span className="tabular">{formatNumber(count)}</span>
                  </button>
                ),
            )}
          </div>
          {shown.length === 0 ? (
            <EmptyState title={words.nothing} />
          ) : (
            <DataTable label={words.table(version)} stacked>
              <thead>
                <tr>
                  <th>{words.columns.mod}</th>
                  <th>{words.columns.installed}</th>
                  <th>{words.columns.verdict}</th>
                  <th>{words.columns.version}</th>
                </tr>
              </thead>
              <tbody>
                {shown.map((item) => (
                  <Row key={item.modid} item={item} />
                ))}
              </tbody>
            </DataTable>
          )}
        </>
      )}
    </>
  );
}

function Row({ item }: { item: Schema["Readiness"] }) {
  return (
    <tr>
      <td data-width="fill">
        <div>
          <div className={classes.name}>{printable(item.name ?? item.modid)}</div>
          <div className={classes.message}>{printable(item.message)}</div>
        </div>
      </td>
      <td data-label={words.columns.installed} className="mono">
        {item.installed && printable(item.installed)}
      </td>
      <td data-label={words.columns.verdict}>
        <StateMark tone={tones[item.verdict]} label={words.verdict(item.verdict)} quiet />
      </td>
      <td data-label={words.columns.version} className="mono">
        {item.version && printable(item.version)}
      </td>
    </tr>
  );
}
