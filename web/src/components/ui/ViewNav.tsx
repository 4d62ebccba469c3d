import { type ReactNode, useEffect, useRef } from "react";
import classes from "./ViewNav.module.css";

/** What each link in it has besides its words and where it leads. */
export const viewLink = {
  className: classes.link,
  activeOptions: { exact: true, includeSearch: false },
  resetScroll: false,
} as const;

/** Links to the views of one page; the one that is open is in sight. */
export function ViewNav({ label, children }: { label: string; children: ReactNode }) {
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    nav.current?.querySelector("[data-status=active]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, []);
  return (
    <nav ref={nav} className={classes.nav} aria-label={label}>
      {children}
    </nav>
  );
}
