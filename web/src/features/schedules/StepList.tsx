import { ActionIcon, Button, Menu } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconPencil, IconPlus, IconTrash } from "@tabler/icons-react";
import { type KeyboardEvent, useRef, useState } from "react";
import { StateShape } from "../../components/ui/StateMark";
import { formatDuration } from "../../lib/duration";
import { schedule as scheduleWords, editor as words } from "../../text/schedules";
import { type DraftStep, newStep, type Step, type StepName, withKey } from "./draft";
import { StepFields } from "./StepFields";
import classes from "./StepList.module.css";

interface StepListProps {
  /** As the API calls it, before the names of fields. */
  name: "steps" | "finally";
  label: string;
  hint: string;
  add: string;
  steps: readonly DraftStep[];
  /** What a step does, in words. */
  sentenceOf: (step: DraftStep) => string;
  errors: Readonly<Record<string, string>>;
  onChange: (steps: readonly DraftStep[]) => void;
}

const KINDS = Object.keys(words.stepKinds) as StepName[];
const icon = { size: 16, stroke: 1.8, "aria-hidden": true } as const;

/** Steps to add, order, edit and remove. The focus goes along with a step that is moved. */
export function StepList({ name, label, hint, add, steps, sentenceOf, errors, onChange }: StepListProps) {
  const [opened, setOpened] = useState<number | null>(null);
  const [said, setSaid] = useState("");
  const list = useRef<HTMLOListElement>(null);
  const focus = (key: number, what: string) =>
    setTimeout(() => list.current?.querySelector<HTMLElement>(`[data-key="${key}"] [data-act="${what}"]`)?.focus());
  const move = (from: number, by: -1 | 1, what: string) => {
    const to = from + by;
    const moving = steps[from];
    if (!moving || to < 0 || to >= steps.length) return;
    const next = steps.filter((_, index) => index !== from);
    next.splice(to, 0, moving);
    onChange(next);
    setSaid(words.moved(to + 1, steps.length));
    // At an end, the button that was pressed can't be any more.
    const isAtEnd = (what === "up" && to === 0) || (what === "down" && to === steps.length - 1);
    focus(moving.key, isAtEnd ? (what === "up" ? "down" : "up") : what);
  };
  const append = (kind: StepName) => {
    const added = withKey(newStep(kind));
    onChange([...steps, added]);
    setOpened(added.key);
    setTimeout(() => list.current?.querySelector<HTMLElement>(`[data-key="${added.key}"] input`)?.focus(), 150);
  };
  const remove = (index: number) => {
    const rest = steps.filter((_, other) => other !== index);
    onChange(rest);
    const neighbour = rest[Math.min(index, rest.length - 1)];
    if (neighbour) focus(neighbour.key, "remove");
  };
  const change = (index: number, step: Step) =>
    onChange(steps.map((other, place) => (place === index ? { ...other, step } : other)));
  return (
    <div className={classes.box}>
      <p className={classes.hint}>{hint}</p>
      {steps.length > 0 && (
        <ol ref={list} className={classes.steps} aria-label={label}>
          {steps.map(({ key, step }, index) => (
            <Row
              key={key}
              id={key}
              step={step}
              sentence={sentenceOf({ key, step })}
              place={`${name}.${index}`}
              number={index + 1}
              count={steps.length}
              isLast={name === "finally"}
              isOpen={opened === key}
              errors={errors}
              onToggle={() => setOpened(opened === key ? null : key)}
              onMove={(by, what) => move(index, by, what)}
              onRemove={() => remove(index)}
              onChange={(next) => change(index, next)}
            />
          ))}
        </ol>
      )}
      {errors[name] && (
        <p className={classes.error} data-wrong tabIndex={-1}>
          {errors[name]}
        </p>
      )}
      <span className="visually-hidden" role="status">
        {said}
      </span>
      <Menu position="bottom-start" width={260}>
        <Menu.Target>
          <Button variant="default" className={classes.add} leftSection={<IconPlus {...icon} />}>
            {add}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {KINDS.map((kind) => (
            <Menu.Item key={kind} onClick={() => append(kind)}>
              {words.stepKinds[kind]}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}

interface RowProps {
  id: number;
  step: Step;
  sentence: string;
  place: string;
  number: number;
  count: number;
  isLast: boolean;
  isOpen: boolean;
  errors: Readonly<Record<string, string>>;
  onToggle: () => void;
  onMove: (by: -1 | 1, what: string) => void;
  onRemove: () => void;
  onChange: (step: Step) => void;
}

function Row({
  id,
  step,
  sentence,
  place,
  number,
  count,
  isLast,
  isOpen,
  errors,
  onToggle,
  onMove,
  onRemove,
  onChange,
}: RowProps) {
  const own = Object.fromEntries(
    Object.entries(errors)
      .filter(([field]) => field.startsWith(`${place}.`))
      .map(([field, message]) => [field.slice(place.length + 1), message]),
  );
  const isWrong = Object.keys(own).length > 0;
  const isShown = isOpen || isWrong;
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : null;
    if (!event.altKey || by === null) return;
    event.preventDefault();
    const pressed = (event.target as HTMLElement).dataset.act ?? "edit";
    onMove(by, pressed === "up" || pressed === "down" ? "edit" : pressed);
  };
  const notes = [
    !isLast && step.on_failure === "continue" && scheduleWords.onFailure.continue,
    step.timeout_seconds && scheduleWords.within(formatDuration(step.timeout_seconds * 1000)),
  ].filter(Boolean);
  return (
    <li className={classes.step} data-key={id} onKeyDown={onKeyDown}>
      <div className={classes.line}>
        <span className={classes.number}>{number}</span>
        <span className={classes.words}>
          {isWrong && <StateShape tone="bad" />}
          <span>{sentence}</span>
          {notes.length > 0 && <span className={classes.note}>{notes.join(" · ")}</span>}
        </span>
        <span className={classes.acts}>
          <ActionIcon
            variant="subtle"
            color="gray"
            data-act="up"
            aria-label={words.up(number)}
            disabled={number === 1}
            onClick={() => onMove(-1, "up")}
          >
            <IconArrowUp {...icon} />
          </ActionIcon>
          <ActionIcon
            variant="subtle"
            color="gray"
            data-act="down"
            aria-label={words.down(number)}
            disabled={number === count}
            onClick={() => onMove(1, "down")}
          >
            <IconArrowDown {...icon} />
          </ActionIcon>
          <ActionIcon
            variant="subtle"
            color="gray"
            data-act="edit"
            aria-label={isShown ? words.closeStep(number) : words.editStep(number)}
            aria-expanded={isShown}
            title={words.keys}
            onClick={onToggle}
          >
            <IconPencil {...icon} />
          </ActionIcon>
          <ActionIcon
            variant="subtle"
            color="gray"
            data-act="remove"
            aria-label={words.removeStep(number)}
            onClick={onRemove}
          >
            <IconTrash {...icon} />
          </ActionIcon>
        </span>
      </div>
      {isShown && <StepFields step={step} errors={own} isLast={isLast} onChange={onChange} />}
    </li>
  );
}
