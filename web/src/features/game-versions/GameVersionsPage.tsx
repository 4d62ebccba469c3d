import { Button, SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { gameVersionsQuery } from "../../api/gameVersions";
import { installedVersionsQuery } from "../../api/installedVersions";
import { EmptyState } from "../../components/ui/EmptyState";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { Page, Section } from "../../components/ui/Page";
import { Time } from "../../components/ui/Time";
import { useCan, useHighestRole } from "../../session/me";
import { channels, gameVersions as words } from "../../text/gameVersions";
import { CheckNow } from "./CheckNow";
import classes from "./GameVersionsPage.module.css";
import { InstalledVersions } from "./InstalledVersions";
import { NewestVersions } from "./NewestVersions";
import { CHANNELS, type Channel } from "./search";
import { VersionTable } from "./VersionTable";

const route = getRouteApi("/frame/game-versions");

export default function GameVersionsPage() {
  const versions = useQuery(gameVersionsQuery());
  // Both are waited for, so that what is below does not move. Who asked in vain once has waited, too.
  const isPending = !useQuery(installedVersionsQuery()).isFetched || versions.isPending;
  const can = useCan();
  const role = useHighestRole();
  return (
    <Page
      title={words.title}
      lead={can("operator") ? words.lead : `${words.lead} ${words.viewerHint(role)}`}
      actions={can("operator") && <CheckNow />}
    >
      {isPending && <LoadingState rows={14} />}
      {!isPending && versions.isLoadingError && <ErrorState error={versions.error} onRetry={versions.refetch} />}
      {!isPending && versions.data && versions.data.items.length > 0 && (
        <NewestVersions versions={versions.data.items} />
      )}
      {!isPending && <InstalledVersions />}
      {!isPending && versions.data && <Versions list={versions.data} />}
    </Page>
  );
}

function Versions({ list }: { list: Schema["GameVersionList"] }) {
  const { channel } = route.useSearch();
  const navigate = route.useNavigate();
  const choose = (next: Channel | undefined) =>
    void navigate({ search: next ? { channel: next } : {}, replace: true, resetScroll: false });
  if (list.items.length === 0 && list.state !== "ready") return <NothingYet state={list.state} />;
  const shown = channel ? list.items.filter((version) => version.channel === channel) : list.items;
  return (
    <Section title={words.available}>
      <div className={classes.list}>
        <div className={classes.bar}>
          <SegmentedControl
            aria-label={words.channel}
            value={channel ?? ""}
            onChange={(value) => choose(CHANNELS.find((known) => known === value))}
            data={[{ value: "", label: words.all }, ...CHANNELS.map((value) => ({ value, label: channels[value] }))]}
          />
          <span className="quiet">{words.count(shown.length)}</span>
          <span className={classes.checked}>
            {list.refreshed_at ? (
              <>
                {words.checked} <Time value={list.refreshed_at} />
              </>
            ) : (
              words.neverChecked
            )}
          </span>
        </div>
        {shown.length > 0 ? (
          <VersionTable versions={shown} />
        ) : (
          <EmptyState
            title={words.emptyChannel}
            action={
              <Button variant="default" onClick={() => choose(undefined)}>
                {words.showAll}
              </Button>
            }
          >
            {words.emptyChannelText}
          </EmptyState>
        )}
      </div>
    </Section>
  );
}

function NothingYet({ state }: { state: Schema["GameVersionList"]["state"] }) {
  if (state === "filling") return <EmptyState title={words.filling}>{words.fillingText}</EmptyState>;
  return (
    <EmptyState
      title={words.unavailable}
      action={
        <Link to="/runs" search={{ job: "server_versions_check" }}>
          {words.showRuns}
        </Link>
      }
    >
      {words.unavailableText}
    </EmptyState>
  );
}
