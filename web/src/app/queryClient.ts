import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiUnreachable, isSignedOut } from "../api/client";
import { messageOf } from "../components/ui/FormError";
import { sessionEnd } from "../session/sessionEnd";
import { notifyFailure } from "./notify";

declare module "@tanstack/react-query" {
  interface Register {
    mutationMeta: {
      /** The form shows what went wrong itself. */
      showsError?: boolean;
    };
  }
}

const ATTEMPTS_WHEN_UNREACHABLE = 2;

/** Errors are handled here once: who is signed out is asked to sign in, and failed actions say so. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (isSignedOut(error)) sessionEnd.announce();
      },
    }),
    mutationCache: new MutationCache({
      onError: (error, _variables, _result, mutation) => {
        if (isSignedOut(error)) sessionEnd.announce();
        else if (!mutation.meta?.showsError) notifyFailure(messageOf(error));
      },
    }),
    defaultOptions: {
      queries: {
        // Live events say when something has changed; this is for what happens beside them.
        staleTime: 30_000,
        refetchOnWindowFocus: false,
        networkMode: "always",
        retry: (failures, error) => error instanceof ApiUnreachable && failures < ATTEMPTS_WHEN_UNREACHABLE,
      },
      mutations: { networkMode: "always" },
    },
  });
}
