import { Button, Checkbox, Modal, TextInput } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import { IconDeviceFloppy } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useCallback, useState } from "react";
import type { Schema } from "../../api/client";
import { runQuery } from "../../api/run";
import { RunOutcome } from "../../components/runs/RunOutcome";
import { ErrorState } from "../../components/ui/ErrorState";
import { FormError, fieldErrors } from "../../components/ui/FormError";
import { LoadingState } from "../../components/ui/LoadingState";
import { StateShape } from "../../components/ui/StateMark";
import { make as words } from "../../text/backups";
import { common } from "../../text/common";
import { estimateQuery, useMakeBackup } from "./api/make";
import classes from "./dialogs.module.css";

type Server = Pick<Schema["ServerView"], "id" | "name" | "state" | "operation">;

const MAX_NOTE = 500;

/** A button, and the dialog behind it that says what a backup takes, makes it, and tells how it goes. */
export function MakeBackup({ server, isQuiet = false }: { server: Server; isQuiet?: boolean }) {
  const [opened, setOpened] = useState(false);
  const isMounted = useMounted();
  const close = () => setOpened(false);
  return (
    <>
      <Button
        variant={isQuiet ? "default" : "filled"}
        size={isQuiet ? "xs" : "sm"}
        leftSection={<IconDeviceFloppy size={16} stroke={1.8} aria-hidden="true" />}
        disabled={server.operation !== null || server.state === "not_installed"}
        aria-label={isQuiet ? words.nowThis(server.name) : undefined}
        onClick={() => setOpened(true)}
      >
        {words.now}
      </Button>
      <Modal
        opened={opened && isMounted}
        onClose={close}
        title={words.title(server.name)}
        size={560}
        closeButtonProps={{ "aria-label": common.close }}
      >
        <Making server={server} onClose={close} />
      </Modal>
    </>
  );
}

function Making({ server, onClose }: { server: Server; onClose: () => void }) {
  const [runId, setRunId] = useState<string | null>(null);
  const again = useCallback(() => setRunId(null), []);
  if (runId === null) return <MakeForm server={server} onStarted={setRunId} onClose={onClose} />;
  return (
    <RunOutcome
      runId={runId}
      done={words.done}
      stopped={words.cancelled}
      onClose={onClose}
      onAgain={again}
      again={words.again}
      next={<ShowBackup runId={runId} onClick={onClose} />}
    />
  );
}

/** The backup that a run has made. */
export function ShowBackup({ runId, onClick }: { runId: string; onClick: () => void }) {
  const made = useQuery(runQuery(runId)).data?.report?.backup_id;
  if (typeof made !== "string") return null;
  return (
    <Button
      variant="default"
      renderRoot={(props) => <Link to="/backups/$backupId" params={{ backupId: made }} {...props} />}
      onClick={onClick}
    >
      {words.show}
    </Button>
  );
}

interface MakeFormProps {
  server: Server;
  onStarted: (runId: string) => void;
  onClose: () => void;
}

function MakeForm({ server, onStarted, onClose }: MakeFormProps) {
  const [note, setNote] = useState("");
  const [pinned, setPinned] = useState(false);
  const estimate = useQuery(estimateQuery(server.id));
  const make = useMakeBackup(server.id);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate({ note: note.trim() || null, pinned }, { onSuccess: (run) => onStarted(run.id) });
  };
  return (
    <form className={classes.body} onSubmit={submit} noValidate>
      <p className={classes.text}>{server.state === "running" ? words.running : words.stopped}</p>
      {estimate.isPending && <LoadingState label={words.estimating} rows={1} />}
      {estimate.isLoadingError && <ErrorState error={estimate.error} onRetry={estimate.refetch} />}
      {estimate.data && <Estimate estimate={estimate.data} />}
      <TextInput
        label={words.note}
        description={words.noteHint}
        maxLength={MAX_NOTE}
        value={note}
        error={fieldErrors(make.error).note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      <Checkbox
        label={words.pin}
        description={words.pinHint}
        checked={pinned}
        onChange={(event) => setPinned(event.currentTarget.checked)}
      />
      <FormError error={make.error} />
      <div className={classes.buttons}>
        <Button variant="default" onClick={onClose}>
          {common.cancel}
        </Button>
        <Button type="submit" loading={make.isPending} disabled={!estimate.data?.is_enough} data-autofocus>
          {words.now}
        </Button>
      </div>
    </form>
  );
}

function Estimate({ estimate }: { estimate: Schema["BackupEstimate"] }) {
  const { bytes_needed: needed, bytes_free: free } = estimate;
  if (!estimate.is_enough) {
    return (
      <p className={classes.notice} data-tone="bad" role="alert">
        <StateShape tone="bad" size={16} />
        <span>{words.tooSmall(needed, free)}</span>
      </p>
    );
  }
  return (
    <p className={classes.text}>{estimate.from_earlier ? words.estimate(needed, free) : words.atMost(needed, free)}</p>
  );
}
