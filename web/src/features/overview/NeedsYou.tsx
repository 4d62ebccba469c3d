import type { Schema } from "../../api/client";
import { Section } from "../../components/ui/Page";
import { StateShape, type Tone } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { overview as words } from "../../text/overview";
import { AcknowledgeAlert } from "./AcknowledgeAlert";
import { AttentionAction } from "./AttentionAction";
import classes from "./NeedsYou.module.css";

type Item = Schema["AttentionItem"];

const tones: Record<Item["severity"], Tone> = { bad: "bad", warn: "warn", info: "off" };

/** What needs a person, the worst first. */
export function NeedsYou({ items }: { items: readonly Item[] }) {
  const urgent = items.filter((item) => item.severity !== "info");
  if (urgent.length === 0) return null;
  return (
    <section className={classes.urgent} aria-labelledby="needs-you">
      <h2 id="needs-you" className={classes.heading}>
        {words.needsYou}
      </h2>
      <ItemList items={urgent} isLoud />
    </section>
  );
}

/** What can wait. */
export function GoodToKnow({ items }: { items: readonly Item[] }) {
  const others = items.filter((item) => item.severity === "info");
  if (others.length === 0) return null;
  return (
    <Section title={words.goodToKnow}>
      <div className={classes.quiet}>
        <ItemList items={others} />
      </div>
    </Section>
  );
}

function ItemList({ items, isLoud = false }: { items: readonly Item[]; isLoud?: boolean }) {
  return (
    <ul className={classes.list}>
      {items.map((item, index) => (
        <li key={item.id} className={classes.item} data-severity={item.severity}>
          <span className={classes.shape}>
            <StateShape tone={tones[item.severity]} size={isLoud ? 20 : 16} />
          </span>
          <div className={classes.body}>
            <h3 className={classes.title}>{item.title}</h3>
            <p className={classes.text}>{item.text}</p>
            {item.since && (
              <p className={classes.since}>
                {words.since} <Time value={item.since} />
              </p>
            )}
          </div>
          <div className={classes.action}>
            {item.action && <AttentionAction action={item.action} isFirst={isLoud && index === 0} />}
            <AcknowledgeAlert item={item} />
          </div>
        </li>
      ))}
    </ul>
  );
}
