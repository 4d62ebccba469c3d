import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { editor as words } from "../../text/schedules";
import { scheduleQuery, useSaveSchedule } from "./api/schedules";
import { draftOf, storedBody } from "./draft";
import { Editor } from "./Editor";

type Server = Schema["ServerDetails"];

/** A stored schedule, to change it. */
export default function EditTab({ server }: { server: Server }) {
  const { scheduleId } = useParams({ from: "/frame/servers/$serverId/schedules/$scheduleId/edit" });
  const schedule = useQuery(scheduleQuery(scheduleId));
  const save = useSaveSchedule(scheduleId);
  const navigate = useNavigate();
  if (schedule.isPending) return <LoadingState rows={14} />;
  if (schedule.isLoadingError) return <ErrorState error={schedule.error} onRetry={schedule.refetch} />;
  const leave = () =>
    navigate({ to: "/servers/$serverId/schedules/$scheduleId", params: { serverId: server.id, scheduleId } });
  const stored = schedule.data;
  return (
    <Editor
      server={server}
      title={words.titleEdit(stored.name)}
      start={() => draftOf(storedBody(stored))}
      saveLabel={words.save}
      error={save.error}
      onEdited={() => save.isError && save.reset()}
      onSave={async (body) => {
        // Turning it on or off is done elsewhere, maybe meanwhile.
        const saved = await save.mutateAsync({ ...body, enabled: stored.enabled });
        notifications.show({ message: words.saved(saved.name) });
        return leave;
      }}
      onCancel={leave}
    />
  );
}
