import type { Schema } from "../../api/client";
import { printable } from "../../lib/printable";
import { configVersions as words } from "../../text/serverConfig";
import { inWords, keyOf } from "./draft";
import classes from "./Versions.module.css";

const MOST_CHARACTERS = 300;

interface DifferencesProps {
  label: string;
  differences: readonly Schema["ConfigDifference"][];
}

/** What is different, setting by setting: before and after. */
export function Differences({ label, differences }: DifferencesProps) {
  return (
    <ul className={classes.differences} aria-label={label}>
      {differences.map((difference) => (
        <li key={keyOf(difference.path)}>
          <span className={classes.name}>{printable(difference.title)}</span>
          {difference.is_secret ? (
            <span>{words.secret}</span>
          ) : (
            <span className={classes.values}>
              {difference.kind === "added" ? (
                <span className="quiet">{words.added}</span>
              ) : (
                <del>{inShort(difference.before)}</del>
              )}
              <span aria-hidden="true">→</span>
              {difference.kind === "removed" ? (
                <span className="quiet">{words.removed}</span>
              ) : (
                <ins>{inShort(difference.after)}</ins>
              )}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

function inShort(value: unknown): string {
  const text = printable(
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? JSON.stringify(value)
      : inWords(undefined, value),
  );
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}
