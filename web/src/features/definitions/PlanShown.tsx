import type { Schema } from "../../api/client";
import { NoteList } from "../../components/ui/NoteList";
import { printable } from "../../lib/printable";
import { definitions as words } from "../../text/definitions";
import classes from "./FromFilePage.module.css";

type Plan = Schema["DefinitionPlan"];
type Part = Schema["DefinitionPart"];

/** What is in the way first, then part by part what would be done; what stays as it is comes last, in one line. */
export function PlanShown({ plan }: { plan: Plan }) {
  const notes = plan.parts.flatMap((part) => part.notes);
  const shown = plan.parts.filter((part) => part.steps.length > 0);
  const untouched = plan.parts.filter((part) => part.steps.length === 0 && part.state !== "blocked");
  return (
    <section className={classes.plan} aria-labelledby="plan">
      <h2 id="plan" className={classes.heading}>
        {words.plan}
      </h2>
      <p className={classes.text} role="status">
        {headline(plan)} {plan.restarts && plan.can_be_applied && words.restarts}
      </p>
      <NoteList tone="bad" title={words.blocked} notes={texts(notes, true)} />
      {shown.map((part) => (
        <PartShown key={part.part} part={part} />
      ))}
      <NoteList tone="warn" title={words.notes} notes={texts(notes, false)} />
      <NoteList tone="warn" title={words.fillIn} notes={plan.to_fill_in} />
      {untouched.length > 0 && (
        <p className={classes.quiet}>{words.untouched(untouched.map((part) => words.part(part.part)))}</p>
      )}
    </section>
  );
}

function headline(plan: Plan): string {
  const [name, id] = [printable(plan.server_name), plan.server_id];
  if (!plan.can_be_applied) return words.nothingYet(name, id);
  if (plan.creates) return words.makes(name, id);
  if (plan.has_changes) return words.changes(name, id);
  return plan.parts.some((part) => part.steps.length > 0) ? words.leftAlone(name, id) : words.nothing(name, id);
}

function texts(notes: readonly Schema["DefinitionNote"][], blocks: boolean): string[] {
  return [...new Set(notes.filter((note) => note.blocks === blocks).map((note) => note.text))];
}

function PartShown({ part }: { part: Part }) {
  return (
    <div className={classes.part}>
      <h3 className={classes.partName}>
        {words.part(part.part)} <span className="quiet">{words.state(part.state)}</span>
      </h3>
      <ul className={classes.steps}>
        {part.steps.map((step) => (
          <li key={`${step.action} ${step.text}`} data-action={step.action}>
            <span className={classes.action}>{words.action(step.action)}</span>
            <span className={classes.what}>{printable(step.text)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
