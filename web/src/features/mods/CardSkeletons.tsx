import { common } from "../../text/common";
import classes from "./ModsPage.module.css";

/** Empty cards where the mods will be. */
export function CardSkeletons() {
  return (
    <div className={classes.skeletons} role="status" aria-busy="true">
      <span className="visually-hidden">{common.loading}</span>
      {Array.from({ length: 12 }, (_, card) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they have no identity
        <span key={card} className={classes.skeleton} />
      ))}
    </div>
  );
}
