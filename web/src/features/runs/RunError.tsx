import type { Schema } from "../../api/client";
import { Panel } from "../../components/ui/Page";
import { runAdvice, run as words } from "../../text/runs";
import classes from "./RunError.module.css";

/** What went wrong and what to do; the traceback is folded. */
export function RunError({ run }: { run: Schema["Run"] }) {
  const advice = runAdvice(run);
  if (!run.error && !advice) return null;
  return (
    <Panel>
      <section className={classes.error} aria-labelledby="run-error">
        <h2 id="run-error" className={classes.title}>
          {words.errorTitle}
        </h2>
        {run.error && <p className={classes.message}>{run.error.message}</p>}
        {advice && <p className={classes.advice}>{advice}</p>}
        {run.error && (run.error.traceback || run.error.type) && (
          <details className={classes.technical}>
            <summary>{words.technical}</summary>
            <p className="mono">{run.error.type}</p>
            {run.error.traceback && (
              // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable with the keyboard
              <pre className={classes.traceback} tabIndex={0}>
                {run.error.traceback}
              </pre>
            )}
          </details>
        )}
      </section>
    </Panel>
  );
}
