import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { editor as words } from "../../text/schedules";
import { scheduleTemplatesQuery, useCreateSchedule } from "./api/schedules";
import { emptyDraft, templateDraft } from "./draft";
import { Editor } from "./Editor";

type Server = Schema["ServerDetails"];

/** A new schedule of a server, empty or from a template. */
export default function NewTab({ server }: { server: Server }) {
  const { template: wanted } = useSearch({ from: "/frame/servers/$serverId/schedules/new" });
  const templates = useQuery({ ...scheduleTemplatesQuery(), enabled: wanted !== undefined });
  const navigate = useNavigate();
  const create = useCreateSchedule(server.id);
  if (wanted !== undefined && templates.isPending) return <LoadingState rows={14} />;
  if (templates.isLoadingError) return <ErrorState error={templates.error} onRetry={templates.refetch} />;
  const template = templates.data?.items.find((item) => item.id === wanted);
  return (
    <Editor
      key={wanted ?? ""}
      server={server}
      title={words.titleNew}
      start={() => (template ? templateDraft(template) : emptyDraft())}
      saveLabel={words.create}
      error={create.error}
      onEdited={() => create.isError && create.reset()}
      onSave={async (body) => {
        const created = await create.mutateAsync(body);
        notifications.show({ message: words.created(created.name) });
        const params = { serverId: server.id, scheduleId: created.id };
        return () => navigate({ to: "/servers/$serverId/schedules/$scheduleId", params });
      }}
      onCancel={() => navigate({ to: "/servers/$serverId/schedules", params: { serverId: server.id } })}
    />
  );
}
