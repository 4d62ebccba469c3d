import type { ReactNode } from "react";
import { documentTitle } from "../../text/common";
import classes from "./Page.module.css";

interface PageProps {
  /** The heading, and the title of the browser's tab. */
  title: string;
  /** One quiet line below the heading. */
  lead?: ReactNode;
  /** Beside the heading: the one or two actions of the whole page. */
  actions?: ReactNode;
  /** Above the heading: the way back, such as a link to the list. */
  back?: ReactNode;
  children: ReactNode;
}

/** What each page is wrapped in. Moving to a page puts the focus on its heading. */
export function Page({ title, lead, actions, back, children }: PageProps) {
  return (
    <article className={classes.page}>
      <title>{documentTitle(title)}</title>
      <header className={classes.header}>
        {back && <div className={classes.back}>{back}</div>}
        <div className={classes.row}>
          <h1 className={classes.title} tabIndex={-1}>
            {title}
          </h1>
          {actions && <div className={classes.actions}>{actions}</div>}
        </div>
        {lead && <p className={classes.lead}>{lead}</p>}
      </header>
      {children}
    </article>
  );
}

/** A part of a page below its own heading. */
export function Section({ title, actions, children }: { title: string; actions?: ReactNode; children: ReactNode }) {
  return (
    <section className={classes.section}>
      <div className={classes.row}>
        <h2 className={classes.sectionTitle}>{title}</h2>
        {actions && <div className={classes.actions}>{actions}</div>}
      </div>
      {children}
    </section>
  );
}

/** The one level of box there is: white on the page, with a line around it. */
export function Panel({ children, inset = true }: { children: ReactNode; inset?: boolean }) {
  return <div className={inset ? `${classes.panel} ${classes.inset}` : classes.panel}>{children}</div>;
}
