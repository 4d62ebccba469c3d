import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

export const secondFactorQuery = () =>
  queryOptions({
    queryKey: keys.secondFactor,
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/me/second-factor", { signal })),
  });

/** What the manager answers is shown once, and nothing keeps it longer than the dialog. */
function useChange<Variables, Data>(change: (variables: Variables) => Promise<Data>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: change,
    meta: { showsError: true },
    gcTime: 0,
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: keys.secondFactor });
      void queryClient.invalidateQueries({ queryKey: keys.sessions });
      void queryClient.invalidateQueries({ queryKey: keys.users });
      // Who needed one may do more from now on.
      void queryClient.invalidateQueries({ queryKey: keys.session });
    },
  });
}

export const useBeginSecondFactor = () =>
  useChange((body: Schema["SecondFactorBegin"]) => unwrap(api.POST("/api/v1/me/second-factor", { body })));

export const useConfirmSecondFactor = () =>
  useChange((body: Schema["SecondFactorConfirm"]) => unwrap(api.POST("/api/v1/me/second-factor/confirm", { body })));

export const useTurnOffSecondFactor = () =>
  useChange((body: Schema["SecondFactorProof"]) => unwrap(api.DELETE("/api/v1/me/second-factor", { body })));

export const useRenewRecoveryCodes = () =>
  useChange((body: Schema["SecondFactorProof"]) =>
    unwrap(api.POST("/api/v1/me/second-factor/recovery-codes", { body })),
  );
