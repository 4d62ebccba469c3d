import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { ErrorState } from "../../../components/ui/ErrorState";
import { Section } from "../../../components/ui/Page";
import { formatBytes } from "../../../lib/bytes";
import { statistics } from "../../../lib/statistics";
import { clockTime, useNow } from "../../../lib/time";
import { charts as words } from "../../../text/charts";
import { metricsQuery } from "../api/metrics";
import classes from "./Charts.module.css";
import { ChartTable } from "./ChartTable";
import { type Measure, measures, type Range, type Series, span } from "./measures";

/** The library that draws comes only when something is to be drawn. */
const Plot = lazy(() => import("./Plot"));

const RANGES = Object.keys(words.ranges) as Range[];

/** How a server has been doing: one chart below the other, all on the same time axis. */
export function Charts({ serverId }: { serverId: string }) {
  const [range, setRange] = useState<Range>("24h");
  const metrics = useQuery(metricsQuery(serverId, range));
  return (
    <Section
      title={words.title}
      actions={
        <SegmentedControl
          size="xs"
          aria-label={words.range}
          value={range}
          onChange={(value) => setRange(RANGES.find((known) => known === value) ?? "24h")}
          data={RANGES.map((value) => ({ value, label: words.ranges[value] }))}
        />
      }
    >
      {metrics.isLoadingError && <ErrorState error={metrics.error} onRetry={metrics.refetch} />}
      {metrics.isPending && <div className={classes.room} role="status" aria-busy="true" />}
      {metrics.data && <Drawn series={metrics.data} />}
    </Section>
  );
}

function Drawn({ series }: { series: Series }) {
  const now = useNow(60);
  const [hovered, setHovered] = useState<number | null>(null);
  const at = hovered === null ? undefined : series.at[hovered];
  const isEmpty = measures.every(({ name }) => series[name].every((value) => value === null));
  if (isEmpty) return <p className={classes.nothing}>{words.nothing}</p>;
  const axis = span(series, now);
  return (
    <div className={classes.charts}>
      {measures.map((measure, index) => (
        <figure key={measure.name} className={classes.chart} data-measure={measure.name}>
          <figcaption className={classes.caption}>
            <span className={classes.name}>{measure.title}</span>
            <Hint measure={measure} series={series} />
            <span className={classes.value}>
              {at !== undefined && <span className="quiet">{clockTime(at, now)}</span>}
              <Value
                measure={measure}
                value={hovered === null ? series.now[measure.name] : series[measure.name][hovered]}
              />
            </span>
          </figcaption>
          <div
            className={classes.plot}
            data-last={index === measures.length - 1 || undefined}
            role="img"
            aria-label={summary(measure, series)}
          >
            <Suspense>
              <Plot
                measure={measure}
                at={series.at}
                values={series[measure.name]}
                axis={axis}
                hasTimes={index === measures.length - 1}
                onHover={setHovered}
              />
            </Suspense>
          </div>
        </figure>
      ))}
      <ChartTable series={series} />
    </div>
  );
}

function Value({ measure, value }: { measure: Measure; value: number | null | undefined }) {
  return <strong>{value === null || value === undefined ? "–" : measure.format(value)}</strong>;
}

/** What the figure means; of memory and disk, how much is left before the game ends itself. */
function Hint({ measure, series }: { measure: Measure; series: Series }) {
  const { now } = series;
  const limit =
    measure.name === "memory_bytes" &&
    now.memory_limit_bytes !== null &&
    words.limit(formatBytes(now.memory_limit_bytes));
  const free =
    measure.name === "disk_bytes" && now.disk_free_bytes !== null && words.free(formatBytes(now.disk_free_bytes));
  const hint = [measure.hint, limit, free].filter(Boolean).join(", ");
  return hint && <span className={classes.hint}>{hint}</span>;
}

function summary(measure: Measure, series: Series): string {
  const found = statistics(series[measure.name]);
  if (!found) return words.summaryNone(measure.title, series.range);
  const { least, mean, most } = found;
  return words.summary(measure.title, series.range, measure.format(least), measure.format(mean), measure.format(most));
}
