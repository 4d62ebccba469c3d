import type { Schema } from "../../api/client";
import { fitHints, fitWord } from "../../text/serverMods";
import { StateMark, type Tone } from "../ui/StateMark";
import classes from "./FitMark.module.css";

type Fit = Schema["InstalledMod"]["fit"];

const tones: Record<Fit, Tone> = { verified: "ok", likely: "off", unknown: "off", not: "warn" };
/** Among mods that nobody has chosen yet, those that could be chosen stand out, not the others. */
const offerTones: Record<Fit, Tone> = { verified: "ok", likely: "ok", unknown: "off", not: "off" };

interface FitMarkProps {
  fit: Fit;
  version: string | null;
  isOffer?: boolean;
}

/** Whether a mod fits a version of the game: "Fits 1.22.7", "Probably", "Not for 1.22". */
export function FitMark({ fit, version, isOffer = false }: FitMarkProps) {
  return (
    <span className={classes.fit} title={version === null ? undefined : fitHints[fit](version)}>
      <StateMark
        tone={(isOffer ? offerTones : tones)[fit]}
        label={fitWord(fit, version)}
        quiet={!isOffer || fit !== "not"}
      />
    </span>
  );
}
