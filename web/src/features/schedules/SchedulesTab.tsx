import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { useCan, useRole } from "../../session/me";
import { schedules as words } from "../../text/schedules";
import { serverSchedulesQuery } from "./api/schedules";
import { PlainList } from "./ScheduleList";
import classes from "./schedules.module.css";
import { Templates } from "./Templates";
import { ExportButton, ImportButton } from "./YamlDialogs";

type Server = Schema["ServerDetails"];

/** What happens on one server by itself. */
export default function SchedulesTab({ server }: { server: Server }) {
  const schedules = useQuery(serverSchedulesQuery(server.id));
  const can = useCan();
  const role = useRole();
  const items = schedules.data?.items;
  return (
    <div className={classes.tab}>
      {schedules.isPending && <LoadingState rows={8} />}
      {schedules.isLoadingError && <ErrorState error={schedules.error} onRetry={schedules.refetch} />}
      {items && (
        <>
          {can("operator") && (
            <div className={classes.bar}>
              {items.length > 0 && (
                <Button
                  leftSection={<IconPlus size={16} stroke={1.8} aria-hidden="true" />}
                  renderRoot={(props) => (
                    <Link to="/servers/$serverId/schedules/new" params={{ serverId: server.id }} {...props} />
                  )}
                >
                  {words.add}
                </Button>
              )}
              <span className={classes.barEnd}>
                <ImportButton server={server} />
                {items.length > 0 && <ExportButton server={server} />}
              </span>
            </div>
          )}
          {items.length === 0 ? (
            <Templates servers={[server]} />
          ) : (
            <PlainList schedules={items} label={words.listOf(server.name)} />
          )}
          {!can("operator") && <p className={classes.hint}>{words.viewerHint(role)}</p>}
        </>
      )}
    </div>
  );
}
