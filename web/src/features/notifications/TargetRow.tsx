import { Button, Switch } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import type { Schema } from "../../api/client";
import { StateShape } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { printable } from "../../lib/printable";
import { howSentence, ruleSentence, targets as words } from "../../text/notifications";
import { useSwitchTarget, useTestTarget } from "./api/targets";
import classes from "./Targets.module.css";
import { TestAnswer } from "./TestAnswer";

type Target = Schema["Target"];

interface TargetRowProps {
  target: Target;
  servers: readonly Schema["ServerView"][];
  onEdit: () => void;
}

/** Where messages go, which ones, and whether they arrive. */
export function TargetRow({ target, servers, onEdit }: TargetRowProps) {
  const test = useTestTarget(target.id);
  const nameOf = (id: string) => servers.find((server) => server.id === id)?.name ?? id;
  const how = howSentence(target);
  return (
    <li className={classes.row} data-off={!target.enabled || undefined}>
      <div className={classes.what}>
        <p className={classes.name}>
          <strong>{target.name}</strong> <span className={classes.where}>{whereOf(target)}</span>
        </p>
        {target.enabled ? (
          target.rules.map((rule) => (
            <p key={JSON.stringify(rule)} className={classes.sentence}>
              {ruleSentence(rule, nameOf)}
            </p>
          ))
        ) : (
          <p className={classes.sentence}>{words.off}</p>
        )}
        {target.enabled && how && <p className={classes.sentence}>{how}</p>}
        {target.last_problem && (
          <p className={classes.problem}>
            <StateShape tone="bad" />
            <span>{printable(target.last_problem)}</span>
          </p>
        )}
        <TestAnswer test={test} />
      </div>
      <div className={classes.sent}>
        <span>
          {target.last_sent_at && <span className="quiet">{words.lastSent} </span>}
          <Time value={target.last_sent_at} absent={words.neverSent} />
        </span>
        {target.waiting > 0 && <span className="quiet">{words.waiting(target.waiting)}</span>}
      </div>
      <div className={classes.acts}>
        <OnOff target={target} />
        <Button
          variant="default"
          loading={test.isPending}
          aria-label={words.testThis(target.name)}
          onClick={() => test.mutate()}
        >
          {words.test}
        </Button>
        <Button variant="default" aria-label={words.editThis(target.name)} onClick={onEdit}>
          {words.edit}
        </Button>
      </div>
    </li>
  );
}

/** "Discord · discord://****". */
const whereOf = (target: Target) => [target.service, target.where].filter(Boolean).join(" · ");

function OnOff({ target }: { target: Target }) {
  const change = useSwitchTarget(target);
  return (
    <Switch
      aria-label={words.isOn(target.name)}
      className={classes.switch}
      checked={change.isPending ? change.variables : target.enabled}
      onChange={(event) => {
        const enabled = event.currentTarget.checked;
        change.mutate(enabled, {
          onSuccess: () =>
            notifications.show({ message: enabled ? words.turnedOn(target.name) : words.turnedOff(target.name) }),
        });
      }}
    />
  );
}
