import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { ConfirmDialog } from "../../components/ui/ConfirmDialog";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { Panel } from "../../components/ui/Page";
import { formatBytes } from "../../lib/bytes";
import { useNow } from "../../lib/time";
import { rules as words } from "../../text/backupRules";
import { backupKinds } from "../../text/backups";
import { retentionPreviewQuery, usePrune } from "./api/rules";
import dialogClasses from "./dialogs.module.css";
import { moment } from "./moment";
import classes from "./RulesTab.module.css";

type Preview = Schema["RetentionPreview"];

const SHOWN = 100;

interface RetentionPreviewProps {
  serverId: string;
  rules: Schema["RetentionRules"];
  /** These are the rules that are in force. */
  isSaved: boolean;
}

/** What would be deleted now, and what stays and why. */
export function RetentionPreview({ serverId, rules, isSaved }: RetentionPreviewProps) {
  const preview = useQuery(retentionPreviewQuery(serverId, rules));
  if (preview.isPending) return <LoadingState label={words.previewing} rows={5} />;
  if (preview.isLoadingError || !preview.data) return <ErrorState error={preview.error} onRetry={preview.refetch} />;
  return (
    <Panel>
      <div className={classes.preview} aria-busy={preview.isPlaceholderData || undefined}>
        <Summary preview={preview.data} />
        <Decisions preview={preview.data} />
        {preview.data.deleted > 0 && <Prune serverId={serverId} preview={preview.data} isSaved={isSaved} />}
      </div>
    </Panel>
  );
}

function Summary({ preview }: { preview: Preview }) {
  const text =
    preview.deleted > 0
      ? words.wouldGo(preview.deleted, preview.kept, preview.freed_bytes)
      : preview.kept > 0
        ? words.wouldStay(preview.kept)
        : words.noneYet;
  return (
    <>
      <p className={classes.summary} role="status">
        {text}
      </p>
      {preview.held_back && <p className={classes.text}>{preview.held_back}</p>}
    </>
  );
}

function Decisions({ preview }: { preview: Preview }) {
  const [showsStaying, setShowsStaying] = useState(false);
  const now = useNow(60);
  const shown = preview.items.filter((item) => showsStaying || item.kept_by.length === 0);
  const hasStaying = preview.items.some((item) => item.kept_by.length > 0);
  return (
    <>
      {shown.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable with the keyboard
        <section className={classes.decisions} aria-label={words.list} tabIndex={0}>
          <ul>
            {shown.slice(0, SHOWN).map(({ backup, kept_by }) => (
              <li key={backup.id} data-goes={kept_by.length === 0 || undefined}>
                <span className={classes.which}>
                  <span>{moment(backup.made_at, now)}</span>
                  <span className="quiet">
                    {backupKinds[backup.kind]}, {formatBytes(backup.size_bytes)}
                  </span>
                </span>
                <span className={classes.fate}>
                  {kept_by.length === 0 ? words.goes : words.stays(kept_by.map(words.keptByWord))}
                </span>
              </li>
            ))}
          </ul>
          {shown.length > SHOWN && <p className="quiet">{words.more(shown.length - SHOWN)}</p>}
        </section>
      )}
      {hasStaying && (
        <button type="button" className="text-button" onClick={() => setShowsStaying(!showsStaying)}>
          {showsStaying ? words.hideStaying : words.showStaying(preview.kept)}
        </button>
      )}
    </>
  );
}

function Prune({ serverId, preview, isSaved }: { serverId: string; preview: Preview; isSaved: boolean }) {
  const [asks, setAsks] = useState(false);
  const prune = usePrune(serverId);
  const confirm = async () => {
    await prune.mutateAsync();
    notifications.show({ message: words.pruneStarted });
  };
  return (
    <div className={classes.prune}>
      <p className={classes.text}>{isSaved ? words.otherwise : words.pruneSavedFirst}</p>
      {isSaved && (
        <Button variant="default" color="red" onClick={() => setAsks(true)}>
          {words.prune}
        </Button>
      )}
      <ConfirmDialog
        opened={asks}
        onClose={() => setAsks(false)}
        title={words.pruneTitle}
        confirmLabel={words.pruneConfirm(preview.deleted)}
        onConfirm={confirm}
      >
        <p className={dialogClasses.text}>{words.pruneText(preview.deleted, preview.freed_bytes)}</p>
      </ConfirmDialog>
    </div>
  );
}
