import { Button, Menu } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { schedulesQuery } from "../../api/schedules";
import { serversQuery } from "../../api/servers";
import { EmptyState } from "../../components/ui/EmptyState";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { Page } from "../../components/ui/Page";
import { useCan, useHighestRole } from "../../session/me";
import { schedules as words } from "../../text/schedules";
import { GroupedList } from "./ScheduleList";
import classes from "./schedules.module.css";
import { Templates } from "./Templates";

type Server = Schema["ServerView"];

/** What happens on all servers by itself. */
export default function SchedulesPage() {
  const servers = useQuery(serversQuery());
  const schedules = useQuery(schedulesQuery());
  const can = useCan();
  const mayAddTo = servers.data?.items.filter((server) => can("operator", server.id)) ?? [];
  const role = useHighestRole();
  const all = servers.data?.items;
  const items = schedules.data?.items;
  return (
    <Page
      title={words.title}
      lead={words.lead}
      actions={items && items.length > 0 && <AddSchedule servers={mayAddTo} />}
    >
      {(servers.isPending || schedules.isPending) && <LoadingState rows={12} />}
      {servers.isLoadingError && <ErrorState error={servers.error} onRetry={servers.refetch} />}
      {schedules.isLoadingError && <ErrorState error={schedules.error} onRetry={schedules.refetch} />}
      {all && items && (
        <>
          {items.length === 0 ? <Nothing servers={all} /> : <GroupedList schedules={items} servers={all} />}
          {mayAddTo.length === 0 && !can("operator") && <p className={classes.hint}>{words.viewerHint(role)}</p>}
        </>
      )}
    </Page>
  );
}

function Nothing({ servers }: { servers: readonly Server[] }) {
  if (servers.length > 0) return <Templates servers={servers} />;
  return (
    <EmptyState title={words.empty} action={<Link to="/servers">{words.toServers}</Link>}>
      {words.emptyNoServer}
    </EmptyState>
  );
}

const icon = <IconPlus size={16} stroke={1.8} aria-hidden="true" />;

function AddSchedule({ servers }: { servers: readonly Server[] }) {
  const [only, ...others] = servers;
  if (!only) return null;
  if (others.length === 0) {
    return (
      <Button
        leftSection={icon}
        renderRoot={(props) => <Link to="/servers/$serverId/schedules/new" params={{ serverId: only.id }} {...props} />}
      >
        {words.add}
      </Button>
    );
  }
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <Button leftSection={icon}>{words.add}</Button>
      </Menu.Target>
      <Menu.Dropdown className={classes.menu}>
        <Menu.Label>{words.addFor}</Menu.Label>
        {servers.map((server) => (
          <Menu.Item
            key={server.id}
            renderRoot={(props) => (
              <Link to="/servers/$serverId/schedules/new" params={{ serverId: server.id }} {...props} />
            )}
          >
            {server.name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
