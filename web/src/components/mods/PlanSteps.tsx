import { IconChevronDown } from "@tabler/icons-react";
import { useId, useState } from "react";
import type { Schema } from "../../api/client";
import { formatBytes } from "../../lib/bytes";
import { printable } from "../../lib/printable";
import { plan as words } from "../../text/serverMods";
import { NoteList } from "../ui/NoteList";
import { FitMark } from "./FitMark";
import { ForeignHtml } from "./ForeignHtml";
import classes from "./PlanDialog.module.css";

type Step = Schema["PlanStep"];

/** What a plan does, grouped by what it does, each step with why. */
export function PlanSteps({ steps, gameVersion }: { steps: readonly Step[]; gameVersion: string | null }) {
  const names = new Map(steps.map((step) => [step.modid.toLowerCase(), step.name ?? step.modid]));
  return words.order.map((action) => {
    const own = steps.filter((step) => step.action === action);
    if (own.length === 0) return null;
    return (
      <section key={action} className={classes.group} data-action={action}>
        <h3 className={classes.heading}>
          {words.heading(action)} <span className="quiet tabular">{own.length}</span>
        </h3>
        <ul className={classes.steps}>
          {own.map((step) => (
            <StepRow
              key={`${step.modid} ${step.file_name} ${step.from_version} ${step.to_version}`}
              step={step}
              names={names}
              gameVersion={gameVersion}
            />
          ))}
        </ul>
      </section>
    );
  });
}

interface StepRowProps {
  step: Step;
  names: ReadonlyMap<string, string>;
  gameVersion: string | null;
}

function StepRow({ step, names, gameVersion }: StepRowProps) {
  const [isOpen, setOpen] = useState(false);
  const changesId = useId();
  const name = printable(step.name ?? step.modid);
  const because = step.because.map((modid) => printable(names.get(modid.toLowerCase()) ?? modid));
  const side = step.side && words.sideHint[step.side];
  const isNew = step.action === "install" || step.action === "update" || step.action === "downgrade";
  const showsFrom = step.action === "update" || step.action === "downgrade";
  return (
    <li className={classes.step}>
      <div className={classes.line}>
        <span className={classes.name}>{name}</span>
        {step.file_name && <span className="quiet">{printable(step.file_name)}</span>}
        <span className="mono">
          {words.fromTo(showsFrom ? step.from_version : null, step.to_version ?? step.from_version)}
        </span>
        {isNew && step.fit && <FitMark fit={step.fit} version={gameVersion} />}
        {isNew && step.size_bytes !== null && <span className="quiet tabular">{formatBytes(step.size_bytes)}</span>}
        {step.changelog_html?.trim() && (
          <button
            type="button"
            className={classes.toggle}
            aria-label={words.changesOf(name)}
            aria-expanded={isOpen}
            aria-controls={isOpen ? changesId : undefined}
            onClick={() => setOpen(!isOpen)}
          >
            {words.changes}
            <IconChevronDown size={14} stroke={1.8} aria-hidden="true" />
          </button>
        )}
      </div>
      {(because.length > 0 || side) && (
        <p className={classes.why}>
          {[
            because.length > 0 && (step.action === "remove" ? words.removedWith(because) : words.because(because)),
            isNew && side,
          ]
            .filter(Boolean)
            .join(" · ")}
        </p>
      )}
      {isOpen && (
        <div id={changesId} className={classes.changelog}>
          <ForeignHtml html={step.changelog_html ?? ""} below={3} />
        </div>
      )}
    </li>
  );
}

/** What to know before: what stands against the plan first. */
export function PlanNotes({ notes }: { notes: readonly Schema["PlanNote"][] }) {
  const told = notes.filter((note) => note.code !== "nothing_to_do");
  const messages = (blocks: boolean) => told.filter((note) => note.blocks === blocks).map((note) => note.message);
  return (
    <>
      <NoteList tone="bad" title={words.blocked} notes={messages(true)} />
      <NoteList tone="warn" title={words.notes} notes={messages(false)} />
    </>
  );
}
