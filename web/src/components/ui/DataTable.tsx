import type { ReactNode } from "react";
import classes from "./DataTable.module.css";

/** A table that scrolls sideways when it has to. `stacked`: on a phone each row becomes a block, cells named by `data-label`. */
export function DataTable({
  label,
  stacked = false,
  children,
}: {
  label: string;
  stacked?: boolean;
  children: ReactNode;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable with the keyboard
    <section className={classes.scroll} aria-label={label} tabIndex={0}>
      <table className={classes.table} data-stacked={stacked || undefined}>
        {children}
      </table>
    </section>
  );
}
