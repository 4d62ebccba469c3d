import type { Schema } from "../../api/client";
import { CrashNews } from "../../components/servers/ServerNews";
import { Panel } from "../../components/ui/Page";
import { serverOverview as words } from "../../text/serverPage";
import classes from "./CrashReport.module.css";
import { ReportText } from "./ReportText";

/** The latest crash; open while the server lies down because of it, folded when that is over. */
export function CrashReport({ crash, isOpen }: { crash: Schema["CrashInfo"]; isOpen: boolean }) {
  const content = (
    <>
      <p className={classes.text}>{crash.summary}</p>
      {crash.mods.length > 0 && <p className={classes.text}>{words.mods(crash.mods)}</p>}
      {crash.report ? <ReportText report={crash.report} /> : <p className="quiet">{words.noReport}</p>}
    </>
  );
  if (isOpen) {
    return (
      <Panel>
        <section className={classes.crash} aria-labelledby="crash">
          <h2 id="crash" className={classes.title}>
            {words.crash}
          </h2>
          {content}
        </section>
      </Panel>
    );
  }
  return (
    <details className={classes.past}>
      <summary>{words.crash}</summary>
      <div className={classes.crash}>
        <CrashNews crash={crash} isPast />
        {content}
      </div>
    </details>
  );
}
