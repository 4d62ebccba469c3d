import { ActionIcon, NativeSelect } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { Schema } from "../../api/client";
import { serversQuery } from "../../api/servers";
import { roleNames, access as words } from "../../text/access";
import classes from "./access.module.css";

type ServerRole = Schema["ServerRole"];

const GRANTED: readonly ServerRole["role"][] = ["viewer", "operator", "admin"];
const CHOICES = GRANTED.map((role) => ({ value: role, label: roleNames[role] }));

interface ServerRolesProps {
  value: readonly ServerRole[];
  onChange: (roles: ServerRole[]) => void;
}

/** What counts on single servers beside the role for everything. */
export function ServerRoles({ value, onChange }: ServerRolesProps) {
  const servers = useQuery(serversQuery()).data?.items ?? [];
  const nameOf = (id: string) => servers.find((server) => server.id === id)?.name ?? id;
  const others = servers.filter((server) => !value.some((one) => one.server_id === server.id));
  return (
    <fieldset className={classes.serverRoles}>
      <legend>{words.serverRoles}</legend>
      <p className={classes.hint}>{words.serverRolesHint}</p>
      {value.map((one) => (
        <div key={one.server_id} className={classes.serverRole}>
          <span className={classes.serverName}>{nameOf(one.server_id)}</span>
          <NativeSelect
            aria-label={words.roleOnServer(nameOf(one.server_id))}
            data={CHOICES}
            value={one.role}
            onChange={(event) => {
              const role = GRANTED.find((granted) => granted === event.currentTarget.value) ?? one.role;
              onChange(value.map((other) => (other === one ? { ...one, role } : other)));
            }}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={words.removeServer(nameOf(one.server_id))}
            onClick={() => onChange(value.filter((other) => other !== one))}
          >
            <IconX size={16} stroke={1.8} aria-hidden="true" />
          </ActionIcon>
        </div>
      ))}
      {others.length > 0 && (
        <NativeSelect
          aria-label={words.addServer}
          value=""
          data={[
            { value: "", label: words.addServer },
            ...others.map((server) => ({ value: server.id, label: server.name })),
          ]}
          onChange={(event) => {
            const id = event.currentTarget.value;
            if (id) onChange([...value, { server_id: id, role: "operator" }]);
          }}
        />
      )}
    </fieldset>
  );
}

/** In a table: the role for everything, then those on single servers. */
export function RolesCell({ role, serverRoles }: { role: Schema["Role"]; serverRoles: readonly ServerRole[] }) {
  const servers = useQuery(serversQuery()).data?.items ?? [];
  const nameOf = (id: string) => servers.find((server) => server.id === id)?.name ?? id;
  const told = serverRoles.map((one) => words.on(roleNames[one.role], nameOf(one.server_id)));
  return (
    <span className={classes.created}>
      {(role !== "none" || told.length === 0) && <span>{roleNames[role]}</span>}
      {told.map((text) => (
        <span key={text} className={role === "none" ? undefined : "quiet"}>
          {text}
        </span>
      ))}
    </span>
  );
}
