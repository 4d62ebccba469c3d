import type { Schema } from "../../api/client";
import { fitHints, fitWord } from "../../text/serverMods";
import { StateMark, type Tone } from "../ui/StateMark";
import classes from "./FitMark.module.css";

type Fit = Schema["InstalledMod"]["fit"];

const tones: Record<Fit, Tone> = { verified: "ok", likely: "off", unknown: "off", not: "warn" };

/** Whether a mod fits a version of the game: "Fits 1.22.7", "Probably", "Not for 1.22". */
export function FitMark({ fit, version }: { fit: Fit; version: string | null }) {
  return (
    <span className={classes.fit} title={version === null ? undefined : fitHints[fit](version)}>
      <StateMark tone={tones[fit]} label={fitWord(fit, version)} quiet />
    </span>
  );
}
