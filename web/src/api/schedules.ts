import { queryOptions } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "./client";
import { keys } from "./keys";

const AT_ONCE = 200;

/** The schedules of all servers, for every page that shows a part of them. */
export const schedulesQuery = () =>
  queryOptions({
    queryKey: keys.allSchedules,
    queryFn: async ({ signal }) => {
      const items: Schema["Schedule"][] = [];
      for (let cursor: string | null = ""; cursor !== null; ) {
        const query: { limit: number; cursor?: string } = { limit: AT_ONCE, ...(cursor && { cursor }) };
        const page: Schema["ScheduleList"] = await unwrap(api.GET("/api/v1/schedules", { params: { query }, signal }));
        items.push(...page.items);
        cursor = page.next_cursor ?? null;
      }
      return { items };
    },
  });
