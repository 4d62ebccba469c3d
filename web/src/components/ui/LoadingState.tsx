import { common } from "../../text/common";
import classes from "./states.module.css";

const widths = ["92%", "78%", "86%", "64%", "90%", "72%"];

/**
 * Lines where the content will be. Invisible for the first moments, so that quick answers don't flash; when an answer
 * takes its time, the words say what is waited for.
 */
export function LoadingState({ label = common.loading, rows = 6 }: { label?: string; rows?: number }) {
  return (
    <div className={classes.loading} role="status" aria-busy="true" data-label={label}>
      <span className="visually-hidden">{label}</span>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines have no identity
        <span key={row} className={classes.line} style={{ width: widths[row % widths.length] }} />
      ))}
    </div>
  );
}
