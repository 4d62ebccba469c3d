import { Button } from "@mantine/core";
import { printable } from "../../lib/printable";
import { gameRoles as words } from "../../text/serverConfig";
import configClasses from "./Config.module.css";
import classes from "./Roles.module.css";
import type { Merge } from "./rolesDraft";

interface RolesConflictProps {
  merge: Merge;
  onTake: (winner: "mine" | "theirs") => void;
}

/** What somebody else has saved since; mine stays until it is chosen what counts. */
export function RolesConflict({ merge, onTake }: RolesConflictProps) {
  return (
    <section className={classes.conflict} role="alert">
      <strong>{words.conflictTitle}</strong>
      <p className={configClasses.plain}>{words.conflictText}</p>
      {merge.theirs.length > 0 && <p className={configClasses.plain}>{printable(words.theirsOnly(merge.theirs))}</p>}
      {merge.both.map((name) => (
        <p key={name} className={configClasses.plain}>
          {printable(words.mergeConflict(name))}
        </p>
      ))}
      <div className={classes.buttons}>
        {merge.both.length > 0 ? (
          <>
            <Button variant="default" onClick={() => onTake("theirs")}>
              {words.takeTheirs}
            </Button>
            <Button variant="default" onClick={() => onTake("mine")}>
              {words.keepMine}
            </Button>
          </>
        ) : (
          <Button variant="default" onClick={() => onTake("mine")}>
            {words.bothTogether}
          </Button>
        )}
      </div>
    </section>
  );
}
