import { useId, useState } from "react";
import type { Schema } from "../../api/client";
import { FitMark } from "../../components/mods/FitMark";
import { NoteList } from "../../components/ui/NoteList";
import { printable } from "../../lib/printable";
import { plan as words } from "../../text/updates";
import classes from "./PlanDialog.module.css";

type Plan = Schema["UpdatePlan"];
type Mod = Plan["mods"][number];

/** What an update would do: what stands against it first, then what happens, then each mod. */
export function PlanView({ plan }: { plan: Plan }) {
  if (plan.nothing_to_do && plan.problems.length === 0) {
    return (
      <p className={classes.text}>
        <strong>{words.nothing}.</strong> {words.nothingText}
      </p>
    );
  }
  return (
    <div className={classes.parts}>
      <NoteList tone="bad" title={words.problems} notes={plan.problems} />
      <NoteList tone="warn" title={words.warnings} notes={plan.warnings} />
      {plan.steps.length > 0 && (
        <section>
          <h3 className={classes.heading}>{words.steps}</h3>
          <ol className={classes.steps}>
            {plan.steps.map((step) => (
              <li key={step.do}>{step.sentence}</li>
            ))}
          </ol>
          <p className={classes.quiet}>{words.back}</p>
        </section>
      )}
      <Mods plan={plan} />
      {!plan.nothing_to_do && (
        <p className={classes.quiet}>
          {plan.players_online === 0 && words.nobodyOn} {words.space(plan.bytes_needed, plan.bytes_free)}
        </p>
      )}
    </div>
  );
}

const changes = (mod: Mod) => mod.now !== mod.then;

/** Those that change or don't get along with the version; the others are folded. */
function Mods({ plan }: { plan: Plan }) {
  const [showsAll, setShowsAll] = useState(false);
  const listId = useId();
  const telling = plan.mods.filter((mod) => changes(mod) || mod.fit === "not" || mod.note);
  const others = plan.mods.filter((mod) => !telling.includes(mod));
  if (plan.mods.length === 0) return null;
  return (
    <section>
      <h3 className={classes.heading}>{words.mods(plan.mods.length)}</h3>
      {telling.length > 0 && <ModList mods={telling} version={plan.game_then} />}
      {others.length > 0 && (
        <p className={classes.staying}>
          {words.staying(others.length)}.{" "}
          <button
            type="button"
            className="text-button"
            aria-expanded={showsAll}
            aria-controls={showsAll ? listId : undefined}
            onClick={() => setShowsAll(!showsAll)}
          >
            {showsAll ? words.hideStaying : words.showStaying}
          </button>
        </p>
      )}
      {showsAll && (
        <div id={listId}>
          <ModList mods={others} version={plan.game_then} />
        </div>
      )}
    </section>
  );
}

function ModList({ mods, version }: { mods: readonly Mod[]; version: string | null }) {
  return (
    <ul className={classes.mods}>
      {mods.map((mod) => (
        <li key={mod.modid} className={classes.mod}>
          <div className={classes.line}>
            <span className={classes.name}>{printable(mod.name ?? mod.modid)}</span>
            <span className="mono">{words.fromTo(mod.now, mod.then)}</span>
            {mod.is_pinned && <span className="quiet">{words.pinned}</span>}
            <FitMark fit={mod.fit} version={version} />
          </div>
          {mod.note && <p className={classes.quiet}>{printable(mod.note)}</p>}
        </li>
      ))}
    </ul>
  );
}
