import "uplot/dist/uPlot.min.css";
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import { timeOfDay, weekday } from "../../../lib/time";
import classes from "./Charts.module.css";
import type { Measure } from "./measures";

interface PlotProps {
  measure: Measure;
  /** UTC milliseconds. */
  at: readonly number[];
  values: readonly (number | null)[];
  /** The shared time axis, UTC milliseconds. */
  axis: readonly [from: number, to: number];
  /** Only the lowest of the charts names the times. */
  hasTimes: boolean;
  onHover: (index: number | null) => void;
}

/** What is pointed at in one chart is pointed at in all of them. */
const SYNC_KEY = "server-charts";
const PLOT_HEIGHT = 76;
const TIMES_HEIGHT = 28;
const SCALE_WIDTH = 56;
const DAY_SECONDS = 86_400;
const FEW = 3;

/** One curve. It is drawn as soon as it is known how wide it may be. */
export default function Plot({ measure, at, values, axis, hasTimes, onHover }: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const scheme = useComputedColorScheme("light");
  const data: uPlot.AlignedData = [at.map((time) => time / 1000), [...values]];
  const latest = useRef({ data, axis, onHover });
  latest.current = { data, axis, onHover };

  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are read anew when the theme changes
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const draw = (width: number) => {
      if (chart.current) chart.current.setSize({ width, height: heightOf(hasTimes) });
      else {
        const options = optionsFor(element, measure, hasTimes, width, latest);
        chart.current = new uPlot(options, latest.current.data, element);
      }
    };
    const observer = new ResizeObserver(([entry]) => {
      const width = Math.floor(entry?.contentRect.width ?? 0);
      if (width > 0) draw(width);
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.current?.destroy();
      chart.current = null;
    };
  }, [measure, hasTimes, scheme]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: data is made anew with each rendering, its parts are not
  useEffect(() => {
    chart.current?.setData(data);
  }, [at, values, axis[0], axis[1]]);

  return <div ref={box} className={classes.canvas} style={{ height: heightOf(hasTimes) }} />;
}

const heightOf = (hasTimes: boolean) => PLOT_HEIGHT + (hasTimes ? TIMES_HEIGHT : 0);

function optionsFor(
  element: Element,
  measure: Measure,
  hasTimes: boolean,
  width: number,
  latest: { current: { axis: readonly [number, number]; onHover: (index: number | null) => void } },
): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const line = { stroke: colour("--line"), width: 1 };
  const font = `12px ${style.fontFamily}`;
  const text = { stroke: colour("--text-quiet"), font };
  return {
    width,
    height: heightOf(hasTimes),
    padding: [8, 20, hasTimes ? 0 : 8, 0],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: false, y: false },
      sync: { key: SYNC_KEY },
      points: { size: 7, fill: colour("--accent"), stroke: colour("--surface-0") },
    },
    scales: {
      x: { time: true, range: () => [latest.current.axis[0] / 1000, latest.current.axis[1] / 1000] },
      y: { range: (_chart, _least, most) => [0, roundedTop(Math.max(most ?? 0, measure.leastTop), measure)] },
    },
    axes: [
      {
        ...text,
        show: hasTimes,
        size: TIMES_HEIGHT,
        gap: 4,
        space: 72,
        grid: { show: false },
        ticks: { ...line, size: 4 },
        values: (_chart, splits) => splits.map((split) => timeLabel(split, splits)),
      },
      {
        ...text,
        size: SCALE_WIDTH,
        gap: 6,
        grid: line,
        ticks: { show: false },
        splits: (chart) => [0, (chart.scales.y?.max ?? 0) / 2, chart.scales.y?.max ?? 0],
        values: (_chart, splits) => splits.map((split) => measure.format(split)),
      },
    ],
    series: [
      {},
      {
        stroke: colour("--accent"),
        fill: colour("--accent-soft"),
        width: 1.5,
        spanGaps: false,
        points: { show: isSparse, size: 5, fill: colour("--accent") },
        ...(measure.isStepped && uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
      },
    ],
    hooks: { setCursor: [(chart) => latest.current.onHover(chart.cursor.idx ?? null)] },
  };
}

/** A few values make no curve. */
function isSparse(chart: uPlot): boolean {
  return (chart.data[1] ?? []).filter((value) => value !== null).length <= FEW;
}

/** The top of the scale: half of it is a round figure, too. */
function roundedTop(most: number, measure: Measure): number {
  const isBytes = measure.name.endsWith("_bytes");
  const unit = isBytes ? 1024 ** Math.floor(Math.log(most) / Math.log(1024)) : 1;
  const size = most / unit;
  const step = 10 ** Math.floor(Math.log10(size));
  const rounded = [1, 2, 4, 6, 8, 10].find((factor) => factor * step >= size) ?? 10;
  return rounded * step * unit;
}

function timeLabel(split: number, splits: readonly number[]): string {
  const time = split * 1000;
  const isByDay = (splits[1] ?? 0) - (splits[0] ?? 0) >= DAY_SECONDS;
  const isMidnight = new Date(time).getHours() === 0 && new Date(time).getMinutes() === 0;
  return isByDay || isMidnight ? weekday(time) : timeOfDay(time);
}
