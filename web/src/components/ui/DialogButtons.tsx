import type { ReactNode } from "react";
import classes from "./DialogButtons.module.css";

interface DialogButtonsProps {
  children: ReactNode;
  /** Why one of them can't be pressed, say. */
  above?: ReactNode;
}

/** The buttons of a long dialog: in sight however long it is. */
export function DialogButtons({ children, above }: DialogButtonsProps) {
  return (
    <div className={classes.buttons}>
      {above && <div className={classes.above}>{above}</div>}
      {children}
    </div>
  );
}
