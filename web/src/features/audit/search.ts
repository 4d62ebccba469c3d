/** The filters of the page, as they stand in its address. Whatever doesn't fit is left out. */
export type AuditSearch = Record<string, never>;

export function readAuditSearch(_address: Record<string, unknown>): AuditSearch {
  return {};
}
