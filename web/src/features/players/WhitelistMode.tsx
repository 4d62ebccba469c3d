import { Button } from "@mantine/core";
import type { Schema } from "../../api/client";
import { useCan } from "../../session/me";
import { players, whitelist as words } from "../../text/players";
import type { Asked } from "./ActDialogs";
import classes from "./PlayersTab.module.css";

interface WhitelistModeProps {
  mode: Schema["PlayerList"]["whitelist"];
  isRunning: boolean;
  onAsk: (asked: Asked) => void;
}

/** Whether only listed players may join, and the way to change it. */
export function WhitelistMode({ mode, isRunning, onAsk }: WhitelistModeProps) {
  const can = useCan();
  const turn = (to: "on" | "off") => (
    <Button
      variant="default"
      size="xs"
      disabled={!isRunning}
      title={isRunning ? undefined : players.needsRunning}
      onClick={() => onAsk({ act: to === "on" ? "whitelist_on" : "whitelist_off", player: null })}
    >
      {to === "on" ? words.turnOn : words.turnOff}
    </Button>
  );
  return (
    <div className={classes.whitelist}>
      <span>{words[mode]}</span>
      {can("operator") && (
        <>
          {mode !== "on" && turn("on")}
          {mode !== "off" && turn("off")}
        </>
      )}
    </div>
  );
}
