import { useRouter } from "@tanstack/react-router";
import { keys } from "../../api/keys";
import { useSignOut } from "../../session/signIn";

/** Signs out and goes to the sign-in page. This tab keeps nothing of what the user saw. */
export function useLeave(): () => void {
  const router = useRouter();
  const signOut = useSignOut();
  return () =>
    signOut.mutate(undefined, {
      onSuccess: async () => {
        await router.navigate({ to: "/sign-in" });
        router.options.context.queryClient.removeQueries({
          predicate: (query) => query.queryKey[0] !== keys.session[0],
        });
      },
    });
}
