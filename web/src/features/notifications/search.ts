export interface AlertsSearch {
  /** Only those of this server. */
  server?: string;
}

export function readAlertsSearch(address: Record<string, unknown>): AlertsSearch {
  return typeof address.server === "string" && address.server !== "" ? { server: address.server } : {};
}
