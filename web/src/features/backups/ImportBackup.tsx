import { Button, Modal, TextInput } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import { IconUpload } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { type DragEvent, type FormEvent, useEffect, useRef, useState } from "react";
import type { Schema } from "../../api/client";
import { RunOutcome } from "../../components/runs/RunOutcome";
import { FileChooser } from "../../components/ui/FileChooser";
import { FormError, fieldErrors } from "../../components/ui/FormError";
import { ProgressLine } from "../../components/ui/ProgressLine";
import { StateShape } from "../../components/ui/StateMark";
import { formatPercent } from "../../lib/numbers";
import { useCan } from "../../session/me";
import { importing as words } from "../../text/backups";
import { common } from "../../text/common";
import { useRefreshBackups } from "./api/backup";
import { uploadBackup, useImportPath } from "./api/import";
import dialogClasses from "./dialogs.module.css";
import classes from "./ImportBackup.module.css";
import { ShowBackup } from "./MakeBackup";

type Server = Pick<Schema["ServerView"], "id" | "name">;

const MAX_NOTE = 500;

/** Takes over a backup from elsewhere: a file of one's own device, or one that lies on the manager's machine. */
export function ImportBackup({ server }: { server: Server }) {
  const [opened, setOpened] = useState(false);
  const isMounted = useMounted();
  const close = () => setOpened(false);
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconUpload size={16} stroke={1.8} aria-hidden="true" />}
        onClick={() => setOpened(true)}
      >
        {words.open}
      </Button>
      <Modal
        opened={opened && isMounted}
        onClose={close}
        title={words.title(server.name)}
        size={560}
        closeButtonProps={{ "aria-label": common.close }}
      >
        <Importing server={server} onClose={close} />
      </Modal>
    </>
  );
}

type Step =
  | { at: "choosing"; error?: unknown }
  | { at: "sending"; sent: number }
  | { at: "taken"; backup: Schema["BackupSummary"] }
  | { at: "running"; runId: string };

function Importing({ server, onClose }: { server: Server; onClose: () => void }) {
  const [step, setStep] = useState<Step>({ at: "choosing" });
  const [note, setNote] = useState("");
  const refresh = useRefreshBackups();
  const stop = useRef<AbortController>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const send = async (file: File) => {
    const controller = new AbortController();
    stop.current = controller;
    setStep({ at: "sending", sent: 0 });
    try {
      const backup = await uploadBackup({
        serverId: server.id,
        file,
        note,
        onProgress: (sent) => setStep({ at: "sending", sent }),
        signal: controller.signal,
      });
      setStep({ at: "taken", backup });
    } catch (error) {
      if (!controller.signal.aborted) setStep({ at: "choosing", error });
    } finally {
      void refresh();
    }
  };
  switch (step.at) {
    case "choosing":
      return (
        <Choosing
          server={server}
          note={note}
          onNote={setNote}
          error={step.error}
          onFile={(file) => void send(file)}
          onRun={(runId) => setStep({ at: "running", runId })}
        />
      );
    case "sending":
      return (
        <Sending
          sent={step.sent}
          onCancel={() => {
            stop.current?.abort();
            setStep({ at: "choosing" });
          }}
        />
      );
    case "taken":
      return (
        <div className={dialogClasses.body}>
          <p className={classes.outcome} role="status">
            <StateShape tone="ok" size={18} />
            <span>{words.done(step.backup.size_bytes, step.backup.world)}</span>
          </p>
          <div className={dialogClasses.buttons}>
            <Button
              variant="default"
              renderRoot={(props) => <Link to="/backups/$backupId" params={{ backupId: step.backup.id }} {...props} />}
            >
              {words.show}
            </Button>
            <Button onClick={onClose} data-autofocus>
              {common.close}
            </Button>
          </div>
        </div>
      );
    case "running":
      return (
        <RunOutcome
          runId={step.runId}
          done={() => words.doneByPath}
          stopped={words.stopped}
          onClose={onClose}
          next={<ShowBackup runId={step.runId} onClick={onClose} />}
          onAgain={() => setStep({ at: "choosing" })}
          again={words.again}
        />
      );
  }
}

function Sending({ sent, onCancel }: { sent: number; onCancel: () => void }) {
  const isSent = sent >= 1;
  return (
    <div className={dialogClasses.body}>
      <ProgressLine
        message={isSent ? words.checking : words.sending(formatPercent(sent))}
        progress={isSent ? null : sent}
        hasFigures={false}
      />
      <div className={dialogClasses.buttons}>
        <Button variant="default" onClick={onCancel}>
          {words.cancel}
        </Button>
      </div>
    </div>
  );
}

interface ChoosingProps {
  server: Server;
  note: string;
  onNote: (note: string) => void;
  error: unknown;
  onFile: (file: File) => void;
  onRun: (runId: string) => void;
}

function Choosing({ server, note, onNote, error, onFile, onRun }: ChoosingProps) {
  const can = useCan();
  const [isWrong, setIsWrong] = useState(false);
  const take = (file: File | null | undefined) => {
    if (!file) return;
    const fits = /\.(tar\.zst|vcdbs)$/i.test(file.name);
    setIsWrong(!fits);
    if (fits) onFile(file);
  };
  return (
    <div className={dialogClasses.body}>
      <p className={dialogClasses.text}>{words.text}</p>
      <TextInput
        label={words.note}
        maxLength={MAX_NOTE}
        value={note}
        onChange={(event) => onNote(event.currentTarget.value)}
      />
      <DropArea onFile={take} />
      {isWrong && (
        <p className={dialogClasses.notice} data-tone="bad" role="alert">
          <StateShape tone="bad" size={16} />
          <span>{words.wrongKind}</span>
        </p>
      )}
      <FormError error={error} />
      {can("admin", null) && <ByPath server={server} note={note} onRun={onRun} />}
    </div>
  );
}

function DropArea({ onFile }: { onFile: (file: File | null | undefined) => void }) {
  const [isOver, setIsOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setIsOver(false);
    onFile(event.dataTransfer.files[0]);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the button inside does the same with the keyboard
    <div
      className={classes.drop}
      data-over={isOver || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={drop}
    >
      <span>{words.drop}</span>
      <FileChooser onChange={onFile}>
        {(props) => (
          <Button variant="default" data-autofocus {...props}>
            {words.choose}
          </Button>
        )}
      </FileChooser>
    </div>
  );
}

function ByPath({ server, note, onRun }: { server: Server; note: string; onRun: (runId: string) => void }) {
  const [path, setPath] = useState("");
  const [isWrong, setIsWrong] = useState(false);
  const take = useImportPath(server.id);
  const fieldError = isWrong ? words.pathWrong : fieldErrors(take.error).path;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const isPath = path.trim().startsWith("/");
    setIsWrong(!isPath);
    if (isPath) take.mutate({ path: path.trim(), note: note.trim() || null }, { onSuccess: (run) => onRun(run.id) });
  };
  return (
    <form className={classes.path} onSubmit={submit} noValidate>
      <h3 className={classes.heading}>{words.orPath}</h3>
      <TextInput
        label={words.path}
        description={words.pathHint}
        autoComplete="off"
        spellCheck={false}
        classNames={{ input: "mono" }}
        value={path}
        error={fieldError}
        onChange={(event) => {
          setPath(event.currentTarget.value);
          setIsWrong(false);
        }}
      />
      {!fieldError && <FormError error={take.error} />}
      <div className={dialogClasses.buttons}>
        <Button type="submit" variant="default" loading={take.isPending} disabled={path.trim() === ""}>
          {words.take}
        </Button>
      </div>
    </form>
  );
}
