import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useReducer } from "react";
import { ApiUnreachable, api, type Schema, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

export type LogLine = Schema["LogLine"];

interface State {
  lines: readonly LogLine[];
  isFinished: boolean;
  /** Why it can't be read; null while it can. */
  error: unknown;
  /** Counts the starts: another number reads on. */
  start: number;
}

type Action = { about: "lines"; page: Schema["RunLog"] } | { about: "failure"; error: unknown } | { about: "retry" };

const WAIT_SECONDS = 25;
const WAIT_AFTER_FAILURE_MS = 2_000;
const KEPT_LINES = 2_000;

function reduce(state: State, action: Action): State {
  switch (action.about) {
    case "lines": {
      const { items, finished } = action.page;
      const known = state.lines.at(-1)?.seq ?? 0;
      const more = items.filter((line) => line.seq > known);
      const lines = more.length > 0 ? [...state.lines, ...more].slice(-KEPT_LINES) : state.lines;
      return { ...state, lines, isFinished: finished, error: null };
    }
    case "failure":
      return { ...state, error: action.error };
    case "retry":
      return { ...state, error: null, start: state.start + 1 };
  }
}

/** The log of a run, line by line as it is written. It is asked for only while someone looks, and no longer than the page is open. */
export function useRunLog(run: Schema["RunWithLog"]) {
  const queryClient = useQueryClient();
  const [state, dispatch] = useReducer(reduce, {
    lines: run.log,
    isFinished: run.ended_at !== null,
    error: null,
    start: 0,
  });
  const last = state.lines.at(-1)?.seq ?? 0;

  // biome-ignore lint/correctness/useExhaustiveDependencies: it reads on from the last line of its start
  useEffect(() => {
    if (state.isFinished) return;
    const leaving = new AbortController();
    const follow = async () => {
      let after = last;
      for (;;) {
        await untilVisible(leaving.signal);
        try {
          const page = await readLog(run.id, after, leaving.signal);
          after = page.next_after;
          dispatch({ about: "lines", page });
          if (page.finished) break;
        } catch (error) {
          if (leaving.signal.aborted) return;
          dispatch({ about: "failure", error });
          if (!(error instanceof ApiUnreachable)) return;
          await pause(WAIT_AFTER_FAILURE_MS, leaving.signal);
        }
      }
      // The log may know of the end before the live events do, or without them.
      void queryClient.invalidateQueries({ queryKey: keys.run(run.id) });
    };
    follow().catch(() => undefined);
    return () => leaving.abort();
  }, [run.id, state.start, queryClient]);

  return { ...state, retry: () => dispatch({ about: "retry" }) };
}

function readLog(runId: string, after: number, signal: AbortSignal): Promise<Schema["RunLog"]> {
  const query = { after, wait_seconds: WAIT_SECONDS };
  return unwrap(api.GET("/api/v1/runs/{run_id}/log", { params: { path: { run_id: runId }, query }, signal }));
}

function untilVisible(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (!document.hidden) return resolve();
    const look = () => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look, { signal });
  });
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  });
}
