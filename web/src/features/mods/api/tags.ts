import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

export const tagsQuery = () =>
  queryOptions({
    queryKey: keys.modTags,
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/catalog/tags", { signal })),
  });
