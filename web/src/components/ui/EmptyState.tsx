import type { ReactNode } from "react";
import classes from "./states.module.css";

/** Nothing here yet: what it will be good for, and the one action that starts it. */
export function EmptyState({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className={classes.state} data-calm>
      <h2 className={classes.title}>{title}</h2>
      {children && <div className={classes.text}>{children}</div>}
      {action}
    </div>
  );
}
