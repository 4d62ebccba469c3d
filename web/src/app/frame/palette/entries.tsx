import { useMantineColorScheme } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import {
  IconCalendarTime,
  IconDeviceDesktop,
  IconLogout,
  IconMoon,
  IconPlayerPlay,
  IconPuzzle,
  IconRefresh,
  IconSun,
  IconUser,
} from "@tabler/icons-react";
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { api, unwrap } from "../../../api/client";
import { jobsQuery } from "../../../api/jobs";
import { keys } from "../../../api/keys";
import { useCan } from "../../../session/me";
import { palette as words } from "../../../text/palette";
import { adminPlaces, mainPlaces } from "../places";
import { useLeave } from "../useLeave";
import type { Entry } from "./Palette";

const MODS_SHOWN = 6;
const TYPING_MS = 80;
const icon = { size: 18, stroke: 1.6, "aria-hidden": true } as const;

export function usePageEntries(): Entry[] {
  const navigate = useNavigate();
  const can = useCan();
  const places = [...mainPlaces, ...adminPlaces]
    .filter((place) => !place.needs || can(place.needs))
    .map((place) => ({
      id: `page ${place.to}`,
      label: place.label,
      icon: <place.icon {...icon} />,
      onChoose: () => void navigate({ to: place.to }),
    }));
  const account = {
    id: "page /account",
    label: words.account,
    icon: <IconUser {...icon} />,
    onChoose: () => void navigate({ to: "/account" }),
  };
  return [...places, account];
}

export function useJobEntries(): Entry[] {
  const navigate = useNavigate();
  const can = useCan();
  const jobs = useQuery(jobsQuery());
  const run = useMutation({
    mutationFn: (job: { id: string; title: string }) =>
      unwrap(api.POST("/api/v1/jobs/{job_id}/run", { params: { path: { job_id: job.id } } })),
    onSuccess: (started, job) => {
      notifications.show({ message: words.started(job.title) });
      void navigate({ to: "/runs/$runId", params: { runId: started.id } });
    },
  });
  return (jobs.data?.items ?? []).flatMap((job) => {
    const open: Entry = {
      id: `job ${job.id}`,
      label: job.title,
      alsoKnownAs: job.id,
      icon: <IconCalendarTime {...icon} />,
      onChoose: () => void navigate({ to: "/jobs/$jobId", params: { jobId: job.id } }),
    };
    const start: Entry = {
      id: `run ${job.id}`,
      label: words.runNow(job.title),
      alsoKnownAs: job.id,
      icon: <IconPlayerPlay {...icon} />,
      onChoose: () => run.mutate(job),
    };
    return can("operator") ? [open, start] : [open];
  });
}

export function useModEntries(query: string): { entries: Entry[]; isPending: boolean } {
  const navigate = useNavigate();
  const [asked] = useDebouncedValue(query, TYPING_MS);
  const found = useQuery({
    queryKey: [...keys.mods, "palette", asked],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/catalog/mods", { params: { query: { q: asked, limit: MODS_SHOWN } }, signal })),
    enabled: asked !== "" && query !== "",
    placeholderData: keepPreviousData,
  });
  if (query === "") return { entries: [], isPending: false };
  const entries = (found.data?.items ?? []).map((mod) => ({
    id: `mod ${mod.id}`,
    label: mod.name,
    hint: words.modHint(mod.author),
    icon: <IconPuzzle {...icon} />,
    onChoose: () => void navigate({ to: "/mods/$modId", params: { modId: String(mod.id) } }),
  }));
  return { entries, isPending: found.isFetching || asked !== query };
}

export function useActionEntries(): Entry[] {
  const { setColorScheme } = useMantineColorScheme();
  const leave = useLeave();
  return [
    { id: "light", label: words.light, icon: <IconSun {...icon} />, onChoose: () => setColorScheme("light") },
    { id: "dark", label: words.dark, icon: <IconMoon {...icon} />, onChoose: () => setColorScheme("dark") },
    { id: "auto", label: words.system, icon: <IconDeviceDesktop {...icon} />, onChoose: () => setColorScheme("auto") },
    { id: "reload", label: words.reload, icon: <IconRefresh {...icon} />, onChoose: () => window.location.reload() },
    { id: "leave", label: words.signOut, icon: <IconLogout {...icon} />, onChoose: leave },
  ];
}
