/** What a new schedule begins with, as it stands in the page's address. */
export interface NewScheduleSearch {
  template?: string;
}

export function readNewScheduleSearch(address: Record<string, unknown>): NewScheduleSearch {
  return typeof address.template === "string" && /^[a-z0-9-]{1,60}$/.test(address.template)
    ? { template: address.template }
    : {};
}
