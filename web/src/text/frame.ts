export const frame = {
  notFoundTitle: "No such page",
  notFoundText: "There is nothing at this address. It may have moved, or the link may be incomplete.",
};
