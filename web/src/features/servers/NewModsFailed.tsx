import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { generationsQuery } from "../../api/modGenerations";
import { StateShape } from "../../components/ui/StateMark";
import { lookOf } from "../../lib/serverStates";
import { useCan } from "../../session/me";
import { serverPage as words } from "../../text/serverPage";
import { timelineQuery } from "./api/timeline";
import classes from "./ServerPage.module.css";

type Server = Schema["ServerDetails"];
type Entry = Schema["TimelineEntry"];

/** Of a server that did not start: that it has other mods since it last ran, and the way back. */
export function NewModsFailed({ server }: { server: Server }) {
  const isDown = lookOf(server) === "failed_to_start";
  const timeline = useInfiniteQuery({ ...timelineQuery(server.id), enabled: isDown });
  const loaded = isDown ? newSet(timeline.data?.pages.flatMap((page) => page.items) ?? []) : null;
  const sets = useInfiniteQuery({ ...generationsQuery(server.id), enabled: loaded !== null });
  const can = useCan(server.id);
  if (loaded === null) return null;
  const before = sets.data?.pages
    .flatMap((page) => page.items)
    .find((set) => set.number < loaded && !set.is_joined && set.can_be_restored);
  return (
    <p className={classes.newMods}>
      <StateShape tone="warn" />
      <span>
        {words.newMods(loaded)}{" "}
        <Link to="/servers/$serverId/mods/history" params={{ serverId: server.id }}>
          {before && can("operator") ? words.backToSet(before.number) : words.modsHistory}
        </Link>
      </span>
    </p>
  );
}

/** The set that waited for a start, if the server has not become ready with it, and still has it. `entries`: newest first. */
function newSet(entries: readonly Entry[]): number | null {
  const last = entries.find((entry) => OVER.has(entry.kind) || entry.kind === "mods_loaded");
  return last?.kind === "mods_loaded" && typeof last.details.set === "number" ? last.details.set : null;
}

const OVER: ReadonlySet<Entry["kind"]> = new Set([
  "ready",
  "mods_changed",
  "mods_restored",
  "mods_by_hand",
  "mods_put_back",
]);
