import { SegmentedControl } from "@mantine/core";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { useCan } from "../../session/me";
import { players as words } from "../../text/players";
import { Chat } from "./Chat";
import { Players } from "./Players";
import classes from "./PlayersTab.module.css";
import type { PlayersSearch } from "./search";

const route = getRouteApi("/frame/servers/$serverId/players");

export default function PlayersTab({ server }: { server: Schema["ServerDetails"] }) {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/servers/$serverId/players" });
  const can = useCan();
  const change = (next: Partial<PlayersSearch>) =>
    void navigate({ search: (known) => ({ ...known, ...next }), replace: true });
  if (!can("operator"))
    return <Players server={server} q={search.q ?? ""} onSearch={(q) => change({ q: q || undefined })} />;
  return (
    <div className={classes.tab}>
      <SegmentedControl
        className={classes.views}
        aria-label={words.views}
        data={[
          { value: "players", label: words.title },
          { value: "chat", label: words.chat },
        ]}
        value={search.view ?? "players"}
        onChange={(view) => change({ view: view === "chat" ? "chat" : undefined })}
      />
      {search.view === "chat" ? (
        <Chat serverId={server.id} q={search.said ?? ""} onSearch={(said) => change({ said: said || undefined })} />
      ) : (
        <Players server={server} q={search.q ?? ""} onSearch={(q) => change({ q: q || undefined })} />
      )}
    </div>
  );
}
