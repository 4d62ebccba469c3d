import { type ReactNode, useEffect, useRef } from "react";
import icon from "../../components/ui/icon.svg";
import { documentTitle, productName } from "../../text/common";
import classes from "./session.module.css";

/** The pages in front of the door: one narrow column, nothing else. */
export function DoorPage({ title, lead, children }: { title: string; lead?: string; children: ReactNode }) {
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => {
    panel.current?.querySelector<HTMLElement>("[data-autofocus]")?.focus();
  }, []);
  return (
    <main className={classes.door}>
      <title>{documentTitle(title)}</title>
      <div className={classes.column}>
        <div className={classes.brand}>
          <img src={icon} alt="" width={28} height={28} />
          <span>{productName}</span>
        </div>
        <div className={classes.panel} ref={panel}>
          <h1 className={classes.title}>{title}</h1>
          {lead && <p className={classes.lead}>{lead}</p>}
          {children}
        </div>
      </div>
    </main>
  );
}
