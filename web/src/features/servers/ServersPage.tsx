import { Button, TextInput } from "@mantine/core";
import { IconPlus, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { serversQuery } from "../../api/servers";
import { ServerRows } from "../../components/servers/ServerRows";
import { EmptyState } from "../../components/ui/EmptyState";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { Page, Panel } from "../../components/ui/Page";
import type { Tone } from "../../components/ui/StateMark";
import { lookOf, needsSomeone, serverTones } from "../../lib/serverStates";
import { useCan, useHighestRole } from "../../session/me";
import { serverStateWords } from "../../text/serverStates";
import { servers as words } from "../../text/servers";
import classes from "./ServersPage.module.css";

type Server = Schema["ServerView"];

/** From so many on, one looks for a server by its name. */
const MANY = 8;

export default function ServersPage() {
  const servers = useQuery(serversQuery());
  const can = useCan();
  const role = useHighestRole();
  const isEmpty = servers.data?.items.length === 0;
  return (
    <Page
      title={words.title}
      lead={can("admin") ? words.lead : `${words.lead} ${words.viewerHint(role)}`}
      actions={can("admin") && !isEmpty && <Ways />}
    >
      {servers.isPending && <LoadingState rows={10} />}
      {servers.isLoadingError && <ErrorState error={servers.error} onRetry={servers.refetch} />}
      {isEmpty && <NoServers mayCreate={can("admin")} />}
      {servers.data && !isEmpty && <Servers servers={servers.data.items} />}
    </Page>
  );
}

/** The ways to a server. */
function Ways() {
  return (
    <>
      <Button variant="default" renderRoot={(props) => <Link to="/server-from-file" {...props} />}>
        {words.fromFile}
      </Button>
      <Button variant="default" renderRoot={(props) => <Link to="/adopt-server" {...props} />}>
        {words.adopt}
      </Button>
      <CreateButton />
    </>
  );
}

function CreateButton() {
  return (
    <Button
      leftSection={<IconPlus size={16} stroke={1.8} aria-hidden="true" />}
      renderRoot={(props) => <Link to="/new-server" {...props} />}
    >
      {words.create}
    </Button>
  );
}

function NoServers({ mayCreate }: { mayCreate: boolean }) {
  return (
    <EmptyState title={words.empty} action={mayCreate && <CreateButton />}>
      <p className={classes.text}>{words.emptyText}</p>
      {mayCreate && (
        <p className={classes.text}>
          {words.emptyAdopt} <Link to="/adopt-server">{words.adopt}</Link>
        </p>
      )}
      {mayCreate && (
        <p className={classes.text}>
          {words.emptyFile} <Link to="/server-from-file">{words.fromFile}</Link>
        </p>
      )}
    </EmptyState>
  );
}

function Servers({ servers }: { servers: readonly Server[] }) {
  const [needle, setNeedle] = useState("");
  const sought = needle.trim().toLocaleLowerCase();
  const fitting = servers.filter((server) =>
    [server.name, server.id, server.version ?? "", server.address_hint].some((text) =>
      text.toLocaleLowerCase().includes(sought),
    ),
  );
  // What needs someone comes first; the others stay in their order.
  const shown = [...fitting.filter(needsSomeone), ...fitting.filter((server) => !needsSomeone(server))];
  return (
    <div className={classes.list}>
      {servers.length > MANY && (
        <search className={classes.bar}>
          <TextInput
            aria-label={words.find}
            placeholder={words.find}
            leftSection={<IconSearch size={16} stroke={1.8} aria-hidden="true" />}
            value={needle}
            onChange={(event) => setNeedle(event.currentTarget.value)}
          />
          <span className="quiet">{words.counts(countsOf(fitting))}</span>
        </search>
      )}
      {shown.length > 0 ? (
        <Panel inset={false}>
          <ServerRows servers={shown} />
        </Panel>
      ) : (
        <p className="quiet">{words.nothingFits}</p>
      )}
    </div>
  );
}

const SERIOUSNESS: readonly Tone[] = ["bad", "warn", "busy", "ok", "off"];
const seriousness = (server: Server) => SERIOUSNESS.indexOf(serverTones[lookOf(server)]);

/** How many are how, what needs someone first. */
function countsOf(servers: readonly Server[]): [string, number][] {
  const counts = new Map<string, number>();
  const bySeriousness = [...servers].sort((one, other) => seriousness(one) - seriousness(other));
  for (const server of bySeriousness) {
    const word = serverStateWords[lookOf(server)];
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts];
}
