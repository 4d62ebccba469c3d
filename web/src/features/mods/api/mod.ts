import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

export const modQuery = (id: string) =>
  queryOptions({
    queryKey: keys.mod(id),
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/catalog/mods/{id}", { params: { path: { id } }, signal })),
  });
