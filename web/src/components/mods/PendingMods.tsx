import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import type { Schema } from "../../api/client";
import { pendingModsQuery } from "../../api/serverMods";

const WaitingMods = lazy(() => import("./WaitingMods"));

/** What waits for the next start of a server; nothing where nothing waits. */
export function PendingMods({ server }: { server: Schema["ServerView"] }) {
  const pending = useQuery({ ...pendingModsQuery(server.id), enabled: server.state !== "not_installed" }).data;
  if (!pending) return null;
  return (
    <Suspense>
      <WaitingMods server={server} pending={pending} />
    </Suspense>
  );
}
