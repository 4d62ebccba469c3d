import { Radio } from "@mantine/core";
import type { Schema } from "../../api/client";
import { roleMeanings, roleNames, access as words } from "../../text/access";
import classes from "./access.module.css";

type Role = Schema["Role"];

const ROLES: readonly Role[] = ["none", "viewer", "operator", "admin"];

export function RoleChoice({ value, onChange }: { value: Role; onChange: (role: Role) => void }) {
  return (
    <Radio.Group
      label={words.roleLegend}
      value={value}
      onChange={(chosen) => onChange(ROLES.find((role) => role === chosen) ?? value)}
    >
      <div className={classes.roles}>
        {ROLES.map((role) => (
          <Radio key={role} value={role} label={roleNames[role]} description={roleMeanings[role]} />
        ))}
      </div>
    </Radio.Group>
  );
}
