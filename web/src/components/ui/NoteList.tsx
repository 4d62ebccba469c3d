import { printable } from "../../lib/printable";
import classes from "./NoteList.module.css";

/** What to know before something is done; nothing where there is nothing to know. */
export function NoteList({ tone, title, notes }: { tone: "bad" | "warn"; title: string; notes: readonly string[] }) {
  if (notes.length === 0) return null;
  return (
    <section className={classes.notes} data-tone={tone} role={tone === "bad" ? "alert" : undefined}>
      <h3>{title}</h3>
      <ul>
        {notes.map((note) => (
          <li key={note}>{printable(note)}</li>
        ))}
      </ul>
    </section>
  );
}
