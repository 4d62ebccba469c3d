import { type MantineColorScheme, Menu, useMantineColorScheme } from "@mantine/core";
import { IconChevronDown, IconLogout, IconUser } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useMe } from "../../session/me";
import { roles } from "../../text/common";
import { frame as words } from "../../text/frame";
import classes from "./UserMenu.module.css";
import { useLeave } from "./useLeave";

const SCHEMES: readonly MantineColorScheme[] = ["light", "dark", "auto"];

export function UserMenu() {
  const me = useMe();
  const leave = useLeave();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <button type="button" className={classes.user} aria-label={words.userMenu(me.name)}>
          <span className={classes.initial} data-initial={[...me.name][0]?.toUpperCase()} />
          <span className={classes.name}>{me.name}</span>
          <IconChevronDown size={14} stroke={1.8} aria-hidden="true" />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <span className={classes.who}>{me.name}</span>
          {roles.word(me.role)}
        </Menu.Label>
        <Menu.Item component={Link} to="/account" leftSection={<IconUser size={16} stroke={1.6} />}>
          {words.account}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{words.theme}</Menu.Label>
        <Menu.RadioGroup value={colorScheme} onChange={(scheme) => setColorScheme(scheme as MantineColorScheme)}>
          {SCHEMES.map((scheme) => (
            <Menu.RadioItem key={scheme} value={scheme}>
              {words.themes[scheme]}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} stroke={1.6} />} onClick={leave}>
          {words.signOut}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
