import { useConnection } from "../../live/LiveProvider";
import { connectionWords as words } from "../../text/frame";
import classes from "./ConnectionMark.module.css";

/** Whether the page is live, in a dot and a word. */
export function ConnectionMark() {
  const { connection } = useConnection();
  const hint = { live: words.liveHint, connecting: words.connectingHint, lost: words.lost }[connection.status];
  return (
    <span className={classes.mark} data-status={connection.status} title={hint} role="status">
      <span className={classes.dot} aria-hidden="true" />
      {words[connection.status]}
    </span>
  );
}
