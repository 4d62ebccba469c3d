/** What became of one step of a schedule. */
export const stepOutcomes: Record<string, string> = {
  ok: "Done",
  not_needed: "Not needed",
  failed: "Failed",
  timed_out: "Took too long",
  cancelled: "Cancelled",
  left_out: "Left out",
};

export const stepReports = {
  took: (duration: string) => ` in ${duration}`,
  isLast: "whatever happens",
  run: "its own run",
};
