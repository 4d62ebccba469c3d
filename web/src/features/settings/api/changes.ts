import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

type Values = Readonly<Record<string, number | string>>;

function useShowSettings() {
  const queryClient = useQueryClient();
  return async (settings: Schema["ApiSettings"]) => {
    const values = settings as Values;
    queryClient.setQueryData<Schema["SettingFields"]>(
      keys.settingFields,
      (known) =>
        known && {
          ...known,
          items: known.items.map((field) => ({ ...field, value: values[field.name] ?? field.value })),
        },
    );
    await Promise.all(
      [keys.settings, keys.jobs, keys.overview].map((queryKey) => queryClient.invalidateQueries({ queryKey })),
    );
  };
}

/** Some settings, all of them or none. */
export function useChangeSettings() {
  const show = useShowSettings();
  return useMutation({
    mutationFn: (change: Values) => unwrap(api.PATCH("/api/v1/settings", { body: change })),
    meta: { showsError: true },
    onSuccess: show,
  });
}

export function useResetSettings() {
  const show = useShowSettings();
  return useMutation({
    mutationFn: () => unwrap(api.POST("/api/v1/settings/reset")),
    meta: { showsError: true },
    onSuccess: (reset) => show(reset.settings),
  });
}
