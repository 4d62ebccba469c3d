import { Button } from "@mantine/core";
import type { Schema } from "../../api/client";
import { FormError } from "../../components/ui/FormError";
import { downloadText } from "../../lib/download";
import { definitions as words } from "../../text/definitions";
import { useExportDefinition } from "./api/changes";
import classes from "./SettingsTab.module.css";

export function ExportDefinition({ server }: { server: Pick<Schema["ServerDetails"], "id"> }) {
  const definition = useExportDefinition(server.id);
  const download = () =>
    definition.mutate(undefined, { onSuccess: (text) => downloadText(`${server.id}.yaml`, String(text)) });
  return (
    <div className={classes.delete}>
      <p className={classes.text}>{words.exportText}</p>
      <Button variant="default" loading={definition.isPending} onClick={download}>
        {words.exportButton}
      </Button>
      <FormError error={definition.error} />
    </div>
  );
}
