import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { ApiError, type Schema } from "../../api/client";
import { notifyFailure } from "../../app/notify";
import { ConfirmDialog } from "../../components/ui/ConfirmDialog";
import { EmptyState } from "../../components/ui/EmptyState";
import { ErrorState } from "../../components/ui/ErrorState";
import { messageOf } from "../../components/ui/FormError";
import { LoadingState } from "../../components/ui/LoadingState";
import { Time } from "../../components/ui/Time";
import { formatBytes } from "../../lib/bytes";
import { files as fileWords, fileTrash as words } from "../../text/files";
import { trashQuery, useDeleteForGood, useEmptyTrash, useRestoreFile } from "./api/files";
import classes from "./files.module.css";

type Item = Schema["TrashItem"];

/** A page of thousands would take long to come. */
const AT_ONCE = 100;

export function TrashView({ server }: { server: Schema["ServerDetails"] }) {
  const trash = useQuery(trashQuery(server.id));
  const empty = useEmptyTrash(server.id);
  const [isEmptying, setEmptying] = useState(false);
  const [shown, setShown] = useState(AT_ONCE);
  const items = trash.data?.items ?? [];
  return (
    <div className={classes.tab}>
      <div className={classes.bar}>
        <h2 className={classes.title}>{words.title}</h2>
        <div className={classes.acts}>
          <Link to="/servers/$serverId/files" params={{ serverId: server.id }} search={{}} className={classes.aside}>
            {fileWords.back}
          </Link>
          {items.length > 0 && (
            <Button variant="default" onClick={() => setEmptying(true)}>
              {words.empty}
            </Button>
          )}
        </div>
      </div>
      {trash.isPending && <LoadingState rows={6} />}
      {trash.isLoadingError && <ErrorState error={trash.error} onRetry={trash.refetch} />}
      {trash.data && items.length === 0 && <EmptyState title={words.emptyTitle}>{words.emptyText}</EmptyState>}
      {trash.data && items.length > 0 && (
        <>
          <p className={classes.lead}>
            {words.lead(trash.data.kept_days)} {words.size(items.length, trash.data.size_bytes)}.
          </p>
          <ul className={classes.trash} aria-label={words.list}>
            {items.slice(0, shown).map((item) => (
              <TrashRow key={item.id} serverId={server.id} item={item} />
            ))}
          </ul>
          {items.length > shown && (
            <div>
              <Button variant="default" onClick={() => setShown(shown + AT_ONCE)}>
                {words.more(shown, items.length)}
              </Button>
            </div>
          )}
        </>
      )}
      <ConfirmDialog
        opened={isEmptying}
        onClose={() => setEmptying(false)}
        title={words.emptyAskTitle}
        confirmLabel={words.empty}
        onConfirm={async () => {
          await empty.mutateAsync();
          notifications.show({ message: words.emptied });
        }}
      >
        <p className={classes.lead}>
          {words.size(items.length, trash.data?.size_bytes ?? 0)}. {words.removeText}
        </p>
      </ConfirmDialog>
    </div>
  );
}

function TrashRow({ serverId, item }: { serverId: string; item: Item }) {
  const restore = useRestoreFile(serverId);
  const remove = useDeleteForGood(serverId);
  const [asked, setAsked] = useState<"keep both" | "delete" | null>(null);
  const putBack = () =>
    restore.mutate(
      { id: item.id },
      {
        onSuccess: ({ path }) => notifications.show({ message: words.restored(path) }),
        onError: (error) => {
          if (error instanceof ApiError && error.code === "name_taken") setAsked("keep both");
          else notifyFailure(messageOf(error));
        },
      },
    );
  return (
    <li className={classes.trashed}>
      <span className={classes.trashedPath}>{item.path}</span>
      <span className={classes.facts}>
        {item.size_bytes !== null && <span className="tabular">{formatBytes(item.size_bytes)}</span>}
        <Time value={item.deleted_at} />
        <span>{words.by(item.deleted_by)}</span>
      </span>
      <span className={classes.buttons}>
        <Button
          size="compact-sm"
          variant="default"
          aria-label={words.restoreOf(item.path)}
          loading={restore.isPending}
          onClick={putBack}
        >
          {words.restore}
        </Button>
        <Button
          size="compact-sm"
          variant="subtle"
          color="red"
          aria-label={words.removeOf(item.path)}
          onClick={() => setAsked("delete")}
        >
          {words.remove}
        </Button>
      </span>
      <ConfirmDialog
        opened={asked === "keep both"}
        onClose={() => setAsked(null)}
        title={words.takenTitle}
        confirmLabel={words.keepBoth}
        harmless
        onConfirm={async () => {
          const { path } = await restore.mutateAsync({ id: item.id, keepBoth: true });
          notifications.show({ message: words.restored(path) });
        }}
      >
        <p className={classes.lead}>{words.takenText(item.path)}</p>
      </ConfirmDialog>
      <ConfirmDialog
        opened={asked === "delete"}
        onClose={() => setAsked(null)}
        title={words.removeTitle(item.path)}
        confirmLabel={words.remove}
        onConfirm={() => remove.mutateAsync(item.id)}
      >
        <p className={classes.lead}>{words.removeText}</p>
      </ConfirmDialog>
    </li>
  );
}
