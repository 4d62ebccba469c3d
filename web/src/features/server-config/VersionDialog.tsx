import { Button, Modal } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { type ConfigFile, configVersionQuery, useReturnToVersion } from "../../api/serverConfig";
import { CodeEditor } from "../../components/code/CodeEditor";
import { DialogButtons } from "../../components/ui/DialogButtons";
import { ErrorState } from "../../components/ui/ErrorState";
import { FormError } from "../../components/ui/FormError";
import { LoadingState } from "../../components/ui/LoadingState";
import { exactTime } from "../../lib/time";
import { common } from "../../text/common";
import { serverConfig, configVersions as words } from "../../text/serverConfig";
import configClasses from "./Config.module.css";
import { Differences } from "./Differences";
import classes from "./Versions.module.css";

interface VersionDialogProps {
  serverId: string;
  file: ConfigFile;
  version: Schema["ConfigVersion"] | null;
  onClose: () => void;
}

/** One earlier version: what it would change, and the way back to it. */
export function VersionDialog({ serverId, file, version, onClose }: VersionDialogProps) {
  // Only a dialog that was there before it opened gives the focus back.
  const isMounted = useMounted();
  return (
    <Modal
      opened={version !== null && isMounted}
      onClose={onClose}
      size="lg"
      title={version ? words.dialog(exactTime(Date.parse(version.at))) : ""}
      closeButtonProps={{ "aria-label": common.close }}
    >
      {version && <Body serverId={serverId} file={file} version={version} onClose={onClose} />}
    </Modal>
  );
}

function Body({ serverId, file, version, onClose }: VersionDialogProps & { version: Schema["ConfigVersion"] }) {
  const known = useQuery(configVersionQuery(serverId, file, version.id));
  const bringBack = useReturnToVersion(serverId, file);
  const [showsText, setShowsText] = useState(false);
  if (known.isPending) return <LoadingState rows={6} />;
  if (known.isLoadingError) return <ErrorState error={known.error} onRetry={known.refetch} />;
  const { to_current: differences, text } = known.data;
  return (
    <div className={classes.dialog}>
      {differences.length > 0 ? (
        <>
          <h3 className={classes.heading}>{words.wouldChange}</h3>
          <Differences label={words.wouldChange} differences={differences} />
        </>
      ) : (
        <p className={configClasses.plain}>{words.wouldNothing}</p>
      )}
      <button type="button" className="text-button" aria-expanded={showsText} onClick={() => setShowsText(!showsText)}>
        {showsText ? words.hideText : words.text}
      </button>
      {showsText && (
        <CodeEditor
          label={words.textOf(exactTime(Date.parse(version.at)))}
          value={text.replaceAll("\r\n", "\n")}
          language="json"
          isReadOnly
        />
      )}
      <FormError error={bringBack.error} />
      <DialogButtons>
        <Button variant="default" onClick={onClose} data-autofocus>
          {common.cancel}
        </Button>
        <Button
          disabled={differences.length === 0}
          loading={bringBack.isPending}
          onClick={() =>
            bringBack.mutate(version.id, {
              onSuccess: ({ outcomes }) => {
                notifications.show({ title: words.back, message: serverConfig.saved(outcomes) });
                onClose();
              },
            })
          }
        >
          {words.bringBack}
        </Button>
      </DialogButtons>
    </div>
  );
}
