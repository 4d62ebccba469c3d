import type { Schema } from "../../api/client";
import { serverVersions as words } from "../../text/serverPage";
import { StateShape } from "../ui/StateMark";
import classes from "./RuntimeMissing.module.css";

/** What has to be installed on the machine before a version can start; nothing where all is there. */
export function RuntimeMissing({ installed }: { installed: Schema["InstalledVersion"] }) {
  const { runtime, version } = installed;
  if (runtime.is_there !== false) return null;
  return (
    <div className={classes.missing} role="alert">
      <StateShape tone="warn" size={16} />
      <div>
        <strong>{words.runtimeMissing(version)}</strong>
        <p className={classes.text}>
          {runtime.message ?? words.runtimeNeeds(runtime.framework, runtime.needed, runtime.found)}
        </p>
      </div>
    </div>
  );
}
