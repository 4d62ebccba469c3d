import { ActionIcon, Menu } from "@mantine/core";
import {
  IconClock,
  IconDots,
  IconListCheck,
  IconPlaylistX,
  IconShieldStar,
  IconUserOff,
  IconUserShield,
  IconUserUp,
  IconUserX,
} from "@tabler/icons-react";
import { useRef } from "react";
import type { Schema } from "../../api/client";
import { playerActs as acts, players as words } from "../../text/players";
import type { ActName } from "./ActDialogs";
import classes from "./PlayersTab.module.css";

const icon = { size: 16, stroke: 1.6, "aria-hidden": true } as const;

interface PlayerMenuProps {
  player: Schema["PlayerView"];
  isRunning: boolean;
  onAsk: (act: ActName) => void;
  onOpen: () => void;
}

/** What fits the state of the player; where that is not known, both ways. */
export function PlayerMenu({ player, isRunning, onAsk, onOpen }: PlayerMenuProps) {
  const button = useRef<HTMLButtonElement>(null);
  const then = (open: () => void) => () => {
    // The menu goes; the dialog gives the focus back to what had it when it opened.
    button.current?.focus();
    open();
  };
  const item = (act: ActName, label: string, Icon: typeof IconDots, isDangerous = false) => (
    <Menu.Item
      className={isDangerous ? classes.dangerous : undefined}
      leftSection={<Icon {...icon} />}
      disabled={!isRunning}
      onClick={then(() => onAsk(act))}
    >
      {label}
    </Menu.Item>
  );
  return (
    <Menu position="bottom-end" width={230}>
      <Menu.Target>
        <ActionIcon ref={button} variant="subtle" color="gray" aria-label={words.actions(player.name)}>
          <IconDots size={18} stroke={1.8} aria-hidden="true" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {!isRunning && <Menu.Label className={classes.menuNote}>{words.needsRunning}</Menu.Label>}
        <Menu.Item leftSection={<IconClock {...icon} />} onClick={then(onOpen)}>
          {acts.sessions}
        </Menu.Item>
        {player.is_whitelisted !== true && item("whitelist", acts.whitelist, IconListCheck)}
        {player.is_whitelisted !== false && item("unwhitelist", acts.unwhitelist, IconPlaylistX)}
        {item("role", acts.role, IconUserShield)}
        {player.role !== "admin" && item("op", acts.op, IconShieldStar)}
        <Menu.Divider />
        {player.is_online && item("kick", acts.kick, IconUserX, true)}
        {player.is_banned !== true && item("ban", acts.ban, IconUserOff, true)}
        {player.is_banned !== false && item("unban", acts.unban, IconUserUp)}
      </Menu.Dropdown>
    </Menu>
  );
}
