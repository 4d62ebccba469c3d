import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useAcknowledge } from "../../api/alerts";
import type { Schema } from "../../api/client";
import { Panel } from "../../components/ui/Page";
import { StateShape, type Tone } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { printable } from "../../lib/printable";
import { useCan } from "../../session/me";
import { severityWords, alerts as words } from "../../text/notifications";
import { pageLinkLabel } from "../../text/pageLinks";
import classes from "./AlertItems.module.css";

type Alert = Schema["Alert"];

const tones: Record<Alert["severity"], Tone> = { critical: "bad", warning: "warn", info: "off" };

interface AlertItemsProps {
  alerts: readonly Alert[];
  /** Of servers, by their ids. */
  names: ReadonlyMap<string, string>;
  label: string;
}

export function AlertItems({ alerts, names, label }: AlertItemsProps) {
  return (
    <Panel inset={false}>
      <ul className={classes.items} aria-label={label}>
        {alerts.map((alert) => (
          <Item key={alert.id} alert={alert} serverName={names.get(alert.server_id ?? "")} />
        ))}
      </ul>
    </Panel>
  );
}

function Item({ alert, serverName }: { alert: Alert; serverName: string | undefined }) {
  const can = useCan();
  const isOpen = alert.closed_at === null;
  const leads = alert.action !== null && (alert.action !== "/notifications" || can("admin"));
  return (
    <li className={classes.item} data-over={!isOpen || undefined}>
      <span className={classes.shape}>
        <StateShape tone={isOpen ? tones[alert.severity] : "ok"} size={16} />
      </span>
      <div className={classes.body}>
        <h3 className={classes.title}>{printable(alert.title)}</h3>
        {alert.text && <p className={classes.text}>{printable(alert.text)}</p>}
        <Facts alert={alert} serverName={serverName} />
      </div>
      <div className={classes.actions}>
        {isOpen && leads && (
          <Button component={Link} to={alert.action ?? "/"} variant="default">
            {pageLinkLabel(alert.action ?? "")}
          </Button>
        )}
        {isOpen && alert.acknowledged_at === null && can("operator", alert.server_id) && <Acknowledge alert={alert} />}
      </div>
    </li>
  );
}

/** "Warning · since 2 h ago · 12 times, last 5 min ago · Meadow · seen by Anna 1 h ago". */
function Facts({ alert, serverName }: { alert: Alert; serverName: string | undefined }) {
  const closedAt = alert.closed_at;
  return (
    <p className={classes.facts}>
      <span>{severityWords[alert.severity]}</span>
      {closedAt === null ? (
        <span>
          {words.since} <Time value={alert.opened_at} />
        </span>
      ) : (
        <>
          <span>
            {words.ended} <Time value={closedAt} />
          </span>
          <span>{words.lasted(roughly(Date.parse(closedAt) - Date.parse(alert.opened_at)))}</span>
        </>
      )}
      {alert.count > 1 && (
        <span>
          {words.times(alert.count)}
          {closedAt === null && (
            <>
              , {words.last} <Time value={alert.last_at} />
            </>
          )}
        </span>
      )}
      {alert.server_id !== null && serverName !== undefined && (
        <Link to="/servers/$serverId" params={{ serverId: alert.server_id }} className={classes.server}>
          {serverName}
        </Link>
      )}
      {alert.acknowledged_at !== null && (
        <span>
          {words.seenBy(alert.acknowledged_by)} <Time value={alert.acknowledged_at} />
        </span>
      )}
    </p>
  );
}

/** Whole seconds, and whole minutes where seconds say nothing more. */
const roughly = (milliseconds: number) => {
  const step = milliseconds < 120_000 ? 1000 : 60_000;
  return Math.max(1000, Math.round(milliseconds / step) * step);
};

function Acknowledge({ alert }: { alert: Alert }) {
  const acknowledge = useAcknowledge();
  return (
    <Button
      variant="subtle"
      loading={acknowledge.isPending}
      aria-label={words.acknowledgeThis(alert.title)}
      onClick={() => acknowledge.mutate(alert.id)}
    >
      {words.acknowledge}
    </Button>
  );
}
