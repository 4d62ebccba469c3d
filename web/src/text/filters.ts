export const filters = {
  inForce: "Filters",
  remove: (filter: string) => `Remove the filter ${filter}`,
  clearAll: "Clear all",
  find: "Find",
  nothing: "Nothing found",
};
