import { Button, NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { EmptyState } from "../../components/ui/EmptyState";
import { useCan } from "../../session/me";
import { schedules as words } from "../../text/schedules";
import { scheduleTemplatesQuery } from "./api/schedules";
import classes from "./schedules.module.css";

type Server = Pick<Schema["ServerView"], "id" | "name">;

/** In place of schedules: what they are good for, and some to begin with. */
export function Templates({ servers: all }: { servers: readonly Server[] }) {
  const can = useCan();
  const servers = all.filter((server) => can("operator", server.id));
  const templates = useQuery(scheduleTemplatesQuery()).data?.items ?? [];
  const [serverId, setServerId] = useState(servers[0]?.id ?? "");
  if (servers.length === 0) return <EmptyState title={words.empty}>{words.emptyText}</EmptyState>;
  const server = servers.find((item) => item.id === serverId) ?? servers[0];
  if (!server) return null;
  return (
    <EmptyState
      title={words.empty}
      action={
        <div className={classes.templates}>
          {servers.length > 1 && (
            <NativeSelect
              className={classes.forServer}
              label={words.addFor}
              value={server.id}
              data={servers.map(({ id, name }) => ({ value: id, label: name }))}
              onChange={(event) => setServerId(event.currentTarget.value)}
            />
          )}
          <ul className={classes.templateList}>
            {templates.map((template, index) => (
              <li key={template.id} className={classes.template}>
                <div>
                  <h3 className={classes.templateTitle}>{template.title}</h3>
                  <p className={classes.templateText}>{template.text}</p>
                </div>
                <Button
                  variant={index === 0 ? "filled" : "default"}
                  aria-label={words.beginWith(template.title, server.name)}
                  renderRoot={(props) => (
                    <Link
                      to="/servers/$serverId/schedules/new"
                      params={{ serverId: server.id }}
                      search={{ template: template.id }}
                      {...props}
                    />
                  )}
                >
                  {words.use}
                </Button>
              </li>
            ))}
          </ul>
          <Link to="/servers/$serverId/schedules/new" params={{ serverId: server.id }} className={classes.blank}>
            {words.blank}
          </Link>
        </div>
      }
    >
      {words.emptyText}
    </EmptyState>
  );
}
