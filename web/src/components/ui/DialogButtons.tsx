import type { ReactNode } from "react";
import classes from "./DialogButtons.module.css";

/** The buttons of a long dialog: in sight however long it is. */
export function DialogButtons({ children }: { children: ReactNode }) {
  return <div className={classes.buttons}>{children}</div>;
}
