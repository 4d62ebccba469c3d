import { useMantineColorScheme } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import {
  IconArchive,
  IconCalendarTime,
  IconDeviceDesktop,
  IconLogout,
  IconMoon,
  IconPlayerPlay,
  IconPlayerStop,
  IconPlus,
  IconPuzzle,
  IconRefresh,
  IconServer,
  IconSun,
  IconUser,
} from "@tabler/icons-react";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { api, type Schema, unwrap } from "../../../api/client";
import { useJobs } from "../../../api/jobs";
import { keys } from "../../../api/keys";
import { isPointer, pointerQuery } from "../../../api/modPointer";
import { serversQuery } from "../../../api/servers";
import { lookOf } from "../../../lib/serverStates";
import { useCan } from "../../../session/me";
import { palette as words } from "../../../text/palette";
import { serverStateWords } from "../../../text/serverStates";
import { adminPlaces, isFor, mainPlaces } from "../places";
import { useLeave } from "../useLeave";
import type { Entry } from "./Palette";

type Server = Schema["ServerView"];

const MODS_SHOWN = 6;
const TYPING_MS = 80;
const icon = { size: 18, stroke: 1.6, "aria-hidden": true } as const;

export function usePageEntries(): Entry[] {
  const navigate = useNavigate();
  const can = useCan();
  const places = [...mainPlaces, ...adminPlaces]
    .filter((place) => isFor(place, can))
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

type ServerAct = "start" | "stop" | "restart" | "backup";

/** Servers to open, and what can be done with each in its present state. Stopping asks on the server's page if someone is on. */
export function useServerEntries(): Entry[] {
  const navigate = useNavigate();
  const can = useCan();
  const servers = useQuery(serversQuery());
  const queryClient = useQueryClient();
  const open = (server: Server) => void navigate({ to: "/servers/$serverId", params: { serverId: server.id } });
  const change = useMutation({
    mutationFn: ({ act, server }: { act: ServerAct; server: Server }) => {
      const params = { path: { server_id: server.id } };
      if (act === "backup")
        return unwrap(api.POST("/api/v1/servers/{server_id}/backups", { params, body: { pinned: false } }));
      if (act === "start") return unwrap(api.POST("/api/v1/servers/{server_id}/start", { params }));
      if (act === "stop") return unwrap(api.POST("/api/v1/servers/{server_id}/stop", { params, body: {} }));
      return unwrap(api.POST("/api/v1/servers/{server_id}/restart", { params, body: {} }));
    },
    onSuccess: (_run, { act, server }) => {
      notifications.show({ message: actWords[act].done(server.name) });
      if (act === "backup") void navigate({ to: "/servers/$serverId/backups", params: { serverId: server.id } });
      else open(server);
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.servers }),
  });
  const entries: Entry[] = (servers.data?.items ?? []).flatMap((server) => [
    {
      id: `server ${server.id}`,
      label: server.name,
      hint: serverStateWords[lookOf(server)],
      alsoKnownAs: `${server.id} ${server.address_hint}`,
      icon: <IconServer {...icon} />,
      onChoose: () => open(server),
    },
    ...(can("operator", server.id) ? actsFor(server) : []).map((act) => ({
      id: `${act} ${server.id}`,
      label: actWords[act].label(server.name),
      alsoKnownAs: server.id,
      icon: actWords[act].icon,
      // Who would be disconnected is asked about where it shows who that is.
      onChoose: () => {
        if ((act === "stop" || act === "restart") && server.players_online) open(server);
        else change.mutate({ act, server });
      },
    })),
  ]);
  if (!can("admin")) return entries;
  const create = {
    id: "new server",
    label: words.createServer,
    icon: <IconPlus {...icon} />,
    onChoose: () => void navigate({ to: "/new-server" }),
  };
  return [...entries, create];
}

const actWords: Record<
  ServerAct,
  { label: (name: string) => string; done: (name: string) => string; icon: ReactNode }
> = {
  start: { label: words.startServer, done: words.starting, icon: <IconPlayerPlay {...icon} /> },
  stop: { label: words.stopServer, done: words.stopping, icon: <IconPlayerStop {...icon} /> },
  restart: { label: words.restartServer, done: words.restarting, icon: <IconRefresh {...icon} /> },
  backup: { label: words.backUpServer, done: words.backingUp, icon: <IconArchive {...icon} /> },
};

function actsFor(server: Server): readonly ServerAct[] {
  if (server.operation !== null) return [];
  switch (server.state) {
    case "stopped":
    case "crashed":
    case "failed_to_start":
      return ["start", "backup"];
    case "running":
      return ["stop", "restart", "backup"];
    case "starting":
      return ["stop"];
    default:
      return [];
  }
}

export function useJobEntries(): Entry[] {
  const navigate = useNavigate();
  const can = useCan();
  const jobs = useJobs();
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

interface ModEntries {
  entries: Entry[];
  isPending: boolean;
  /** In place of "nothing found". */
  nothing?: string;
}

/** Mods by their name and author, or the one that a pasted link means. */
export function useModEntries(query: string): ModEntries {
  const [asked] = useDebouncedValue(query, TYPING_MS);
  const isLink = isPointer(query);
  const found = useFoundMods(isLink ? "" : query, asked);
  const meant = useMeantMod(isLink ? query : "", asked);
  return isLink ? meant : found;
}

function useFoundMods(query: string, asked: string): ModEntries {
  const openMod = useOpenMod();
  const found = useQuery({
    queryKey: [...keys.mods, "palette", asked],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/catalog/mods", { params: { query: { q: asked, limit: MODS_SHOWN } }, signal })),
    enabled: asked !== "" && query !== "" && !isPointer(asked),
    placeholderData: keepPreviousData,
  });
  if (query === "") return { entries: [], isPending: false };
  const entries = (found.data?.items ?? []).map((mod) => ({
    id: `mod ${mod.id}`,
    label: mod.name,
    hint: words.modHint(mod.author),
    icon: <IconPuzzle {...icon} />,
    onChoose: () => openMod(mod.id, null),
  }));
  return { entries, isPending: found.isFetching || asked !== query };
}

function useMeantMod(link: string, asked: string): ModEntries {
  const openMod = useOpenMod();
  const isAsked = link !== "" && link === asked;
  const { data: meant, isFetching } = useQuery({ ...pointerQuery(link), enabled: isAsked });
  const id = meant?.catalog_id ?? null;
  if (!isAsked || !meant || id === null) {
    return { entries: [], isPending: !isAsked || isFetching, nothing: words.noModMeant };
  }
  const entry = {
    id: `mod ${id}`,
    label: meant.name ?? meant.modid ?? link,
    hint: meant.version ? words.meantRelease(meant.version) : words.meantMod,
    icon: <IconPuzzle {...icon} />,
    onChoose: () => openMod(id, meant.version),
  };
  return { entries: [entry], isPending: false };
}

/** `version`: the release that is meant. */
function useOpenMod(): (id: number, version: string | null) => void {
  const navigate = useNavigate();
  return (id, version) =>
    void navigate({
      to: "/mods/$modId",
      params: { modId: String(id) },
      search: version === null ? {} : { release: `v${version}` },
    });
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
