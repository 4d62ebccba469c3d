import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

/** Each setting with its meaning, limits, default and value. */
export const settingFieldsQuery = () =>
  queryOptions({
    queryKey: keys.settingFields,
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/settings/fields", { signal })),
  });
