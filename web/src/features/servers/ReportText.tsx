import { Button } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useState } from "react";
import { copyText } from "../../lib/copyText";
import { common } from "../../text/common";
import { serverOverview as words } from "../../text/serverPage";
import classes from "./CrashReport.module.css";

/** The game's own report, as it wrote it. */
export function ReportText({ report }: { report: string }) {
  const [outcome, setOutcome] = useState<"copied" | "failed" | null>(null);
  const Icon = outcome === "copied" ? IconCheck : IconCopy;
  return (
    <div className={classes.report}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable with the keyboard */}
      <pre tabIndex={0}>{report}</pre>
      <Button
        variant="default"
        size="xs"
        leftSection={<Icon size={16} stroke={1.8} aria-hidden="true" />}
        onClick={async () => setOutcome((await copyText(report)) ? "copied" : "failed")}
      >
        {outcome === "copied" ? common.copied : words.copyReport}
      </Button>
      <span role="status" className="quiet">
        {outcome === "failed" && common.copyFailed}
      </span>
    </div>
  );
}
