import { IconBell } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { openAlertsQuery } from "../../api/alerts";
import { frame as words } from "../../text/frame";
import classes from "./AlertBell.module.css";

/** How many things need somebody and nobody has seen yet; nothing while there are none. */
export function AlertBell() {
  const { data } = useQuery(openAlertsQuery());
  const fresh = data?.items.filter((alert) => alert.acknowledged_at === null && alert.severity !== "info") ?? [];
  if (fresh.length === 0) return null;
  const isBad = fresh.some((alert) => alert.severity === "critical");
  const label = words.openAlerts(fresh.length);
  return (
    <Link to="/alerts" className={classes.bell} data-tone={isBad ? "bad" : "warn"} aria-label={label} title={label}>
      <IconBell size={18} stroke={1.8} aria-hidden="true" />
      <span className={classes.count} aria-hidden="true">
        {fresh.length}
      </span>
    </Link>
  );
}
