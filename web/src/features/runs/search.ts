import type { Schema } from "../../api/client";
import { runStateWords, runTriggers } from "../../text/runStates";

export type RunState = Schema["Run"]["state"];
export type RunTrigger = Schema["Run"]["trigger"];

export const RUN_STATES = Object.keys(runStateWords) as RunState[];
export const RUN_TRIGGERS = Object.keys(runTriggers) as RunTrigger[];

/** The filters of the page, as they stand in its address, several values with commas between. Whatever doesn't fit is left out. */
export interface RunsSearch {
  job?: string;
  state?: string;
  trigger?: string;
}

export interface RunFilters {
  job: string | null;
  states: RunState[];
  triggers: RunTrigger[];
}

export function readRunsSearch(address: Record<string, unknown>): RunsSearch {
  return writeFilters({
    job: typeof address.job === "string" && address.job !== "" ? address.job : null,
    states: known(address.state, RUN_STATES),
    triggers: known(address.trigger, RUN_TRIGGERS),
  });
}

export function readFilters(search: RunsSearch): RunFilters {
  return {
    job: search.job ?? null,
    states: known(search.state, RUN_STATES),
    triggers: known(search.trigger, RUN_TRIGGERS),
  };
}

export function writeFilters({ job, states, triggers }: RunFilters): RunsSearch {
  return {
    ...(job ? { job } : {}),
    ...(states.length > 0 ? { state: states.join(",") } : {}),
    ...(triggers.length > 0 ? { trigger: triggers.join(",") } : {}),
  };
}

function known<Value extends string>(text: unknown, values: readonly Value[]): Value[] {
  const named = typeof text === "string" ? text.split(",") : [];
  return values.filter((value) => named.includes(value));
}
