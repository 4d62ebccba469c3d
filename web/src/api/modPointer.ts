import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "./client";
import { keys } from "./keys";

const LINK = /^(vintagestorymodinstall:\S+|(https?:\/\/)?(www\.)?mods\.vintagestory\.at\/\S+)$/i;
const LONGEST = 500;

/** Whether what was typed or pasted into a search is a link that means one mod. */
export const isPointer = (text: string): boolean => text.length <= LONGEST && LINK.test(text);

/** The mod that a pasted link means. */
export const pointerQuery = (text: string) =>
  queryOptions({
    queryKey: [...keys.mods, "pointer", text],
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/catalog/pointer", { params: { query: { text } }, signal })),
  });
