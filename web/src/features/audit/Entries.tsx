import type { Schema } from "../../api/client";
import { DataTable } from "../../components/ui/DataTable";
import { StateMark, type Tone } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { type AuditNames, audit as words } from "../../text/audit";
import classes from "./AuditPage.module.css";

type Entry = Schema["AuditEntryView"];

interface EntriesProps {
  entries: readonly Entry[];
  names: AuditNames;
  onWho: (who: string) => void;
}

export function Entries({ entries, names, onWho }: EntriesProps) {
  return (
    <DataTable label={words.title} stacked>
      <thead>
        <tr>
          <th>{words.table.when}</th>
          <th>{words.table.who}</th>
          <th>{words.table.what}</th>
          <th>{words.table.from}</th>
          <th>{words.table.result}</th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <tr key={entry.id}>
            <td data-label={words.table.when}>
              <Time value={entry.time} />
            </td>
            <td data-label={words.table.who}>
              <span className={classes.who}>
                <button
                  type="button"
                  className={classes.name}
                  title={words.onlyBy(entry.who.name)}
                  onClick={() => onWho(entry.who.name)}
                >
                  {entry.who.name}
                </button>
                <span className={classes.kind}>{words.kind(entry.who.kind)}</span>
              </span>
            </td>
            <td data-label={words.table.what} data-width="fill">
              <span className={classes.what}>
                {words.sentence(entry.action, entry.target, entry.details, names)}
                <Details entry={entry} />
              </span>
            </td>
            <td data-label={words.table.from}>
              <span className="mono">{entry.from_address ?? words.noAddress}</span>
            </td>
            <td data-label={words.table.result}>
              <StateMark
                tone={toneOf(entry.result)}
                label={words.resultWord(entry.result)}
                quiet={entry.result === "ok"}
              />
            </td>
          </tr>
        ))}
      </tbody>
    </DataTable>
  );
}

function toneOf(result: string): Tone {
  if (result === "ok") return "ok";
  return result === "denied" || result.startsWith("wrong_") ? "warn" : "bad";
}

/** What the sentence does not tell already. Secrets are masked where the trail is written. */
const TOLD = new Set(["password", "current_password", "new_password"]);

/** Actions whose sentence has the name in it. */
const NAMED = new Set(["create_user", "create_token", "revoke_token", "create_server", "adopt_server"]);

function Details({ entry }: { entry: Entry }) {
  const isNameTold = NAMED.has(entry.action);
  const told = Object.entries(entry.details).filter(([name]) => !TOLD.has(name) && !(isNameTold && name === "name"));
  if (told.length === 0) return null;
  return (
    <span className={classes.details}>
      {told.map(([name, value]) => words.detail(name, written(value))).join(", ")}
    </span>
  );
}

function written(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
