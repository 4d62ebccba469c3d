import { ActionIcon, Button, Menu } from "@mantine/core";
import {
  IconDeviceMobileOff,
  IconDots,
  IconEye,
  IconKey,
  IconLogout,
  IconPlus,
  IconTrash,
  IconUserCheck,
  IconUserOff,
  IconUserShield,
} from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import type { Schema } from "../../api/client";
import { DataTable } from "../../components/ui/DataTable";
import { EmptyState } from "../../components/ui/EmptyState";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { Section } from "../../components/ui/Page";
import { StateMark } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { useMe } from "../../session/me";
import { useViewAs } from "../../session/viewAs";
import { access, users as words } from "../../text/access";
import { AddUser } from "./AddUser";
import classes from "./access.module.css";
import { usersQuery } from "./api/users";
import { RolesCell } from "./ServerRoles";
import { type UserAct, UserDialogs } from "./UserDialogs";

type User = Schema["User"];

export function Users() {
  const users = useInfiniteQuery(usersQuery());
  const [isAdding, setAdding] = useState(false);
  const [asked, setAsked] = useState<{ act: UserAct; user: User } | null>(null);
  const [isAsking, setAsking] = useState(false);
  const list = users.data?.pages.flatMap((page) => page.items) ?? [];
  const ask = (act: UserAct, user: User) => {
    setAsked({ act, user });
    setAsking(true);
  };
  const add = (
    <Button
      variant={list.length > 0 ? "default" : undefined}
      leftSection={<IconPlus size={16} aria-hidden="true" />}
      onClick={() => setAdding(true)}
    >
      {words.add}
    </Button>
  );
  return (
    <Section title={words.title} actions={list.length > 0 && add}>
      {users.isPending && <LoadingState rows={4} />}
      {users.isLoadingError && <ErrorState error={users.error} onRetry={users.refetch} />}
      {users.data && list.length === 0 && (
        <EmptyState title={words.emptyTitle} action={add}>
          {words.emptyText}
        </EmptyState>
      )}
      {list.length > 0 && <UserTable users={list} onAsk={ask} />}
      {users.hasNextPage && (
        <Button
          variant="default"
          className={classes.more}
          loading={users.isFetchingNextPage}
          onClick={() => void users.fetchNextPage()}
        >
          {access.showMore}
        </Button>
      )}
      <AddUser opened={isAdding} onClose={() => setAdding(false)} />
      {asked && <UserDialogs key={asked.user.id} {...asked} opened={isAsking} onClose={() => setAsking(false)} />}
    </Section>
  );
}

function UserTable({ users, onAsk }: { users: readonly User[]; onAsk: (act: UserAct, user: User) => void }) {
  const me = useMe();
  return (
    <DataTable label={words.title} stacked>
      <thead>
        <tr>
          <th>{words.table.name}</th>
          <th>{words.table.role}</th>
          <th>{words.table.lastSignedIn}</th>
          <th>{words.table.created}</th>
          <th>
            <span className="visually-hidden">{words.actions("")}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {users.map((user) => (
          <tr key={user.id}>
            <td data-label={words.table.name} data-width="fill">
              <span className={classes.named}>
                <strong className={classes.name}>{user.name}</strong>
                {user.id === me.id && <span className={classes.mark}>{words.you}</span>}
                {user.is_disabled && <StateMark tone="off" label={words.disabled} />}
                {user.has_second_factor && <StateMark tone="ok" label={words.secondFactor} quiet />}
              </span>
            </td>
            <td data-label={words.table.role}>
              <RolesCell role={user.role} serverRoles={user.server_roles} />
            </td>
            <td data-label={words.table.lastSignedIn}>
              <Time value={user.last_signed_in_at} absent={words.neverSignedIn} />
            </td>
            <td data-label={words.table.created}>
              <Time value={user.created_at} />
            </td>
            <td data-align="end">
              <UserMenu user={user} isMe={user.id === me.id} onAsk={(act) => onAsk(act, user)} />
            </td>
          </tr>
        ))}
      </tbody>
    </DataTable>
  );
}

function UserMenu({ user, isMe, onAsk }: { user: User; isMe: boolean; onAsk: (act: UserAct) => void }) {
  const me = useMe();
  const view = useViewAs();
  const button = useRef<HTMLButtonElement>(null);
  const icon = { size: 16, stroke: 1.6, "aria-hidden": true } as const;
  const ask = (act: UserAct) => {
    // The menu goes; the dialog gives the focus back to what had it when it opened.
    button.current?.focus();
    onAsk(act);
  };
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <ActionIcon ref={button} variant="subtle" color="gray" aria-label={words.actions(user.name)}>
          <IconDots size={18} stroke={1.8} aria-hidden="true" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconUserShield {...icon} />} onClick={() => ask("role")}>
          {words.changeRole}
        </Menu.Item>
        {!user.is_disabled && user.id !== me.id && (
          <Menu.Item
            leftSection={<IconEye {...icon} />}
            onClick={() => view.mutate({ user_id: user.id, server_roles: [] })}
          >
            {words.viewAs(user.name)}
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconKey {...icon} />} onClick={() => ask("password")}>
          {words.newPassword}
        </Menu.Item>
        {user.has_second_factor && !isMe && (
          <Menu.Item leftSection={<IconDeviceMobileOff {...icon} />} onClick={() => ask("resetSecondFactor")}>
            {words.resetSecondFactor}
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconLogout {...icon} />} onClick={() => ask("signOut")}>
          {words.signOut}
        </Menu.Item>
        <Menu.Divider />
        {user.is_disabled ? (
          <Menu.Item leftSection={<IconUserCheck {...icon} />} onClick={() => ask("enable")}>
            {words.enable}
          </Menu.Item>
        ) : (
          <Menu.Item leftSection={<IconUserOff {...icon} />} onClick={() => ask("disable")}>
            {words.disable}
          </Menu.Item>
        )}
        <Menu.Item color="var(--bad)" leftSection={<IconTrash {...icon} />} onClick={() => ask("delete")}>
          {words.delete}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
