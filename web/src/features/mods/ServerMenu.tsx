import { FilterMenu } from "../../components/ui/FilterMenu";
import { catalogServer as words } from "../../text/serverMods";
import { NO_SERVER } from "./search";
import type { ChosenServer } from "./useChosenServer";

interface ServerMenuProps {
  chosen: ChosenServer;
  onChoose: (serverId: string) => void;
}

/** For which server one looks; nothing where there is none. */
export function ServerMenu({ chosen: { servers, server }, onChoose }: ServerMenuProps) {
  if (servers.length === 0) return null;
  return (
    <FilterMenu
      label={server ? words.forServer(server.name) : words.menu}
      searchable={servers.length > 8}
      options={[
        ...servers.map((item) => ({ value: item.id, label: item.name, hint: item.version ?? undefined })),
        { value: NO_SERVER, label: words.none },
      ]}
      selected={[server?.id ?? NO_SERVER]}
      onPick={onChoose}
    />
  );
}
