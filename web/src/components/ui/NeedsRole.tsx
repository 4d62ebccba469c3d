import type { Schema } from "../../api/client";
import { errors, roles } from "../../text/common";
import { StateShape } from "./StateMark";
import classes from "./states.module.css";

/** For a page that the user's role does not open: who can, and what role this user has. */
export function NeedsRole({ needed, own }: { needed: Schema["Role"]; own: Schema["Role"] }) {
  return (
    <div className={classes.state}>
      <div className={classes.head}>
        <StateShape tone="off" size={18} />
        <h2 className={classes.title}>{errors.forbiddenTitle}</h2>
      </div>
      <p className={classes.text}>{roles.needed(needed, own)}</p>
    </div>
  );
}
