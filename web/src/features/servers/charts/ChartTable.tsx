import { useState } from "react";
import { DataTable } from "../../../components/ui/DataTable";
import { clockTime, useNow } from "../../../lib/time";
import { charts as words } from "../../../text/charts";
import classes from "./Charts.module.css";
import { averaged, measures, type Series } from "./measures";

const ROWS = 24;

/** The same in figures, for whom curves say nothing. */
export function ChartTable({ series }: { series: Series }) {
  const [isOpen, setOpen] = useState(false);
  const now = useNow(60);
  return (
    <details className={classes.table} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{words.table}</summary>
      {isOpen && (
        <DataTable label={words.tableLabel(series.range)}>
          <thead>
            <tr>
              <th>{words.time}</th>
              {measures.map((measure) => (
                <th key={measure.name} data-align="end">
                  {measure.title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {averaged(series, ROWS).map((row) => (
              <tr key={row.at}>
                <td>{clockTime(row.at, now)}</td>
                {measures.map(({ name, format }) => {
                  const value = row.values[name];
                  return (
                    <td key={name} data-align="end">
                      {value === null ? <span className="quiet">–</span> : format(value)}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </DataTable>
      )}
    </details>
  );
}
