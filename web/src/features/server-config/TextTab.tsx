import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { type ConfigFile, configTextQuery } from "../../api/serverConfig";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { configText as words } from "../../text/serverConfig";
import { ConfigFilePage } from "./ConfigFilePage";
import { TextEditor } from "./TextEditor";

const route = getRouteApi("/frame/servers/$serverId/config/text");

/** A configuration file as it is, for what the forms don't know, and for a file that can't be read. */
export default function TextTab({ server }: { server: Schema["ServerDetails"] }) {
  const { file = "serverconfig" } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <ConfigFilePage
      serverId={server.id}
      lead={words.lead}
      file={file}
      onChoose={(search) => void navigate({ search, replace: true, resetScroll: false })}
    >
      <Text key={file} serverId={server.id} file={file} />
    </ConfigFilePage>
  );
}

function Text({ serverId, file }: { serverId: string; file: ConfigFile }) {
  // What is being written in stays, whatever the file has become; a save finds out.
  const text = useQuery({ ...configTextQuery(serverId, file), refetchOnReconnect: false });
  if (text.isPending) return <LoadingState rows={16} />;
  if (text.isLoadingError) return <ErrorState error={text.error} onRetry={text.refetch} />;
  return <TextEditor serverId={serverId} file={file} content={text.data} />;
}
