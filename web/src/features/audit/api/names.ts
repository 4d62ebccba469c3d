import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

/** The names of users by their ids, to say who a line is about. */
export const userNamesQuery = () =>
  queryOptions({
    queryKey: [...keys.users, "names"],
    queryFn: async ({ signal }) => {
      const users = await unwrap(api.GET("/api/v1/users", { signal }));
      return new Map(users.items.map((user) => [user.id, user.name]));
    },
  });

/** The names of tokens by their ids, revoked ones, too. */
export const tokenNamesQuery = () =>
  queryOptions({
    queryKey: [...keys.tokens, "names"],
    queryFn: async ({ signal }) => {
      const query = { include_revoked: true, limit: 200 };
      const tokens = await unwrap(api.GET("/api/v1/tokens", { params: { query }, signal }));
      return new Map(tokens.items.map((token) => [token.id, token.name]));
    },
  });
