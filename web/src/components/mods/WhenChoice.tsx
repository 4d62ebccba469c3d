import { Radio } from "@mantine/core";
import { plan as words } from "../../text/serverMods";
import classes from "./PlanDialog.module.css";

export type When = "next_start" | "restart";

/** Players are not disconnected unless somebody chooses to; nobody waits for an empty server. */
export const usualWhen = (online: number | null): When => (online ? "next_start" : "restart");

/** When a running server takes up its other mods. */
export function WhenChoice({
  value,
  onChange,
  online,
}: {
  value: When;
  onChange: (when: When) => void;
  online: number;
}) {
  return (
    <Radio.Group
      label={words.when}
      value={value}
      onChange={(when) => onChange(when === "restart" ? when : "next_start")}
    >
      <div className={classes.choices}>
        <Radio value="next_start" label={words.nextStart} description={words.nextStartHint} />
        <Radio value="restart" label={words.restart} description={words.restartHint(online)} />
      </div>
    </Radio.Group>
  );
}
