import { Button, NativeSelect } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { DataTable } from "../../components/ui/DataTable";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { Section } from "../../components/ui/Page";
import { StateMark, type Tone } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { printable } from "../../lib/printable";
import { deliveries as words } from "../../text/notifications";
import { deliveriesQuery } from "./api/deliveries";
import classes from "./Deliveries.module.css";

type Delivery = Schema["Delivery"];

/** What was sent, what waits and why, and what could not be delivered. */
export function Deliveries({ targets }: { targets: readonly Schema["Target"][] }) {
  const [targetId, setTargetId] = useState<string | null>(null);
  const found = useInfiniteQuery(deliveriesQuery(targetId));
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  const filter = targets.length > 1 && (
    <NativeSelect
      aria-label={words.filter}
      value={targetId ?? ""}
      data={[{ value: "", label: words.all }, ...targets.map(({ id, name }) => ({ value: id, label: name }))]}
      onChange={(event) => setTargetId(event.currentTarget.value || null)}
    />
  );
  return (
    <Section title={words.title} actions={filter}>
      {found.isPending && <LoadingState rows={5} />}
      {found.isLoadingError && <ErrorState error={found.error} onRetry={found.refetch} />}
      {found.data && items.length === 0 && (
        <p className={classes.none}>{targetId === null ? words.empty : words.emptyOfTarget}</p>
      )}
      {items.length > 0 && <Table items={items} />}
      {found.hasNextPage && (
        <Button
          variant="default"
          className={classes.more}
          loading={found.isFetchingNextPage}
          onClick={() => void found.fetchNextPage()}
        >
          {words.more}
        </Button>
      )}
    </Section>
  );
}

function Table({ items }: { items: readonly Delivery[] }) {
  const { columns } = words;
  return (
    <DataTable label={words.table} stacked>
      <thead>
        <tr>
          <th>{columns.at}</th>
          <th>{columns.target}</th>
          <th>{columns.message}</th>
          <th>{columns.state}</th>
          <th data-align="end">{columns.tries}</th>
        </tr>
      </thead>
      <tbody>
        {items.map((delivery) => (
          <tr key={delivery.id}>
            <td data-label={columns.at}>
              <Time value={delivery.at} />
            </td>
            <td data-label={columns.target} className={classes.target}>
              {delivery.target_name}
            </td>
            <td data-width="fill" className={classes.messageCell}>
              <Message delivery={delivery} />
            </td>
            <td className={classes.stateCell}>
              <State delivery={delivery} />
            </td>
            <td data-label={columns.tries} data-align="end" className="tabular">
              {delivery.attempts}
            </td>
          </tr>
        ))}
      </tbody>
    </DataTable>
  );
}

/** The title says it; the whole text is a click away. */
function Message({ delivery }: { delivery: Delivery }) {
  const text = printable(delivery.text.replaceAll("\n", "\u0000")).replaceAll("\u2400", "\n");
  return (
    <div className={classes.message}>
      {delivery.text === "" || delivery.text === delivery.title ? (
        <span className={classes.title}>{printable(delivery.title)}</span>
      ) : (
        <details>
          <summary className={classes.title}>{printable(delivery.title)}</summary>
          <p className={classes.text}>{text}</p>
        </details>
      )}
      {delivery.notices > 1 && <span className={classes.quiet}>{words.notices(delivery.notices)}</span>}
    </div>
  );
}

const tones: Record<Delivery["state"], Tone> = { waiting: "busy", sent: "ok", failed: "bad", dropped: "off" };

function State({ delivery }: { delivery: Delivery }) {
  const { state, attempts, next_try_at: next, error } = delivery;
  return (
    <div className={classes.state}>
      <StateMark tone={tones[state]} label={words.states[state]} quiet={state === "sent"} />
      {state === "waiting" && <Waits attempts={attempts} next={next} />}
      {error && (
        <span className={classes.error} data-tone={state === "dropped" ? undefined : "bad"}>
          {printable(error)}
        </span>
      )}
    </div>
  );
}

/** Why it has not been sent yet. */
function Waits({ attempts, next }: { attempts: number; next: string | null }) {
  if (next === null || Date.parse(next) <= Date.now()) return <span className={classes.quiet}>{words.soon}</span>;
  return (
    <span className={classes.quiet}>
      {attempts > 0 ? words.nextTry : words.heldBack} <Time value={next} />
    </span>
  );
}
