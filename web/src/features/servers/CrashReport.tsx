import type { Schema } from "../../api/client";
import { Panel } from "../../components/ui/Page";
import { Time } from "../../components/ui/Time";
import { serverOverview as words } from "../../text/serverPage";
import classes from "./CrashReport.module.css";
import { ReportText } from "./ReportText";

/** The latest end that nobody asked for; open while the server lies down because of it, folded when that is over. */
export function CrashReport({ crash, isOpen }: { crash: Schema["CrashInfo"]; isOpen: boolean }) {
  if (isOpen) {
    return (
      <Panel>
        <section className={classes.crash} aria-labelledby="crash">
          <h2 id="crash" className={classes.title}>
            {words.crash}
          </h2>
          <Content crash={crash} />
        </section>
      </Panel>
    );
  }
  return (
    <details className={classes.past}>
      <summary>
        {words.pastCrash} <Time value={crash.at} focusable={false} />
      </summary>
      <div className={classes.crash}>
        <Content crash={crash} />
      </div>
    </details>
  );
}

function Content({ crash }: { crash: Schema["CrashInfo"] }) {
  return (
    <>
      <p className={classes.text}>{crash.summary}</p>
      {crash.report ? <ReportText report={crash.report} /> : <p className={classes.none}>{words.noReport}</p>}
    </>
  );
}
