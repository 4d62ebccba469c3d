import { Button, Checkbox } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useCallback, useState } from "react";
import type { Schema } from "../../api/client";
import { runQuery } from "../../api/run";
import { serversQuery } from "../../api/servers";
import { RunOutcome } from "../../components/runs/RunOutcome";
import { DialogButtons } from "../../components/ui/DialogButtons";
import { ErrorState } from "../../components/ui/ErrorState";
import { FormError } from "../../components/ui/FormError";
import { LoadingState } from "../../components/ui/LoadingState";
import { NoteList } from "../../components/ui/NoteList";
import { StateShape } from "../../components/ui/StateMark";
import { printable } from "../../lib/printable";
import { shortDate, useNow } from "../../lib/time";
import { useCan } from "../../session/me";
import { restore as words } from "../../text/backups";
import { common } from "../../text/common";
import { restorePreviewQuery, useRestore } from "./api/restore";
import dialogClasses from "./dialogs.module.css";
import { moment } from "./moment";
import classes from "./Restore.module.css";
import { RestoreInto } from "./RestoreInto";
import { RestoreWhat } from "./RestoreWhat";
import { choiceErrors, type RestoreChoice, wantedOf } from "./restoreChoice";

type Backup = Schema["BackupSummary"];
type Preview = Schema["RestorePreview"];

const TYPING_MS = 350;
const MAX_NAME = 64;

/** What a new server with this world may be called. */
const suggestedName = (backup: Backup) =>
  words.defaultName(backup.server_name, shortDate(Date.parse(backup.made_at))).slice(0, MAX_NAME);

export function Restore({ backup, onClose }: { backup: Backup; onClose: () => void }) {
  const servers = useQuery(serversQuery());
  const can = useCan();
  if (servers.isPending) return <LoadingState label={words.looking} rows={6} />;
  if (servers.isLoadingError) return <ErrorState error={servers.error} onRetry={servers.refetch} />;
  const server = servers.data?.items.find((item) => item.id === backup.server_id);
  if (!server && !can("admin", null)) return <p className={dialogClasses.text}>{words.goneForAdmins}</p>;
  return <RestoreOf backup={backup} server={server} onClose={onClose} />;
}

interface RestoreOfProps {
  backup: Backup;
  /** Undefined where it is not there any more. */
  server: Schema["ServerView"] | undefined;
  onClose: () => void;
}

function RestoreOf({ backup, server, onClose }: RestoreOfProps) {
  const [choice, setChoice] = useState<RestoreChoice>(() => ({
    into: server ? "same" : "new",
    name: suggestedName(backup),
    port: "",
    what: "parts",
    without: [],
    files: [],
    starts: server?.wanted === "running",
  }));
  const [running, setRunning] = useState<Schema["Run"] | null>(null);
  const [wasChanged, setWasChanged] = useState(false);
  const again = useCallback(() => setRunning(null), []);
  const onChanged = useCallback(() => {
    setWasChanged(true);
    setRunning(null);
  }, []);
  if (running === null) {
    return (
      <RestoreForm
        backup={backup}
        server={server}
        choice={choice}
        onChoice={setChoice}
        notice={wasChanged && <Notice tone="warn">{words.changedMeanwhile}</Notice>}
        onChanged={onChanged}
        onStarted={setRunning}
        onClose={onClose}
      />
    );
  }
  const name = choice.into === "new" ? choice.name : (server?.name ?? backup.server_name);
  return (
    <RunOutcome
      runId={running.id}
      done={(report) => (choice.into === "new" ? words.doneNew(name) : words.done(name, report))}
      stopped={choice.into === "new" ? words.stoppedNew : words.stopped}
      onClose={onClose}
      next={
        choice.into === "same" ? (
          <ShowPresent runId={running.id} onClick={onClose} />
        ) : (
          running.server_id && <OpenServer serverId={running.server_id} onClick={onClose} />
        )
      }
      onAgain={again}
      again={words.again}
      changedError="RestoreChanged"
      onChanged={onChanged}
    />
  );
}

function OpenServer({ serverId, onClick }: { serverId: string; onClick: () => void }) {
  return (
    <Button
      variant="default"
      renderRoot={(props) => <Link to="/servers/$serverId" params={{ serverId }} {...props} />}
      onClick={onClick}
    >
      {words.openServer}
    </Button>
  );
}

/** The way back: the backup of what was there before. */
function ShowPresent({ runId, onClick }: { runId: string; onClick: () => void }) {
  const kept = useQuery(runQuery(runId)).data?.report?.present_backup_id;
  if (typeof kept !== "string") return null;
  return (
    <Button
      variant="default"
      renderRoot={(props) => <Link to="/backups/$backupId" params={{ backupId: kept }} {...props} />}
      onClick={onClick}
    >
      {words.showPresent}
    </Button>
  );
}

interface RestoreFormProps {
  backup: Backup;
  server: Schema["ServerView"] | undefined;
  choice: RestoreChoice;
  onChoice: (choice: RestoreChoice) => void;
  notice: ReactNode;
  onChanged: () => void;
  onStarted: (run: Schema["Run"]) => void;
  onClose: () => void;
}

function RestoreForm(props: RestoreFormProps) {
  const { backup, server, choice, onChoice, notice, onChanged, onStarted, onClose } = props;
  const wrong = choiceErrors(choice);
  const isWhole = Object.keys(wrong).length === 0;
  const [asked] = useDebouncedValue(choice, TYPING_MS);
  // What there is to choose from is the same for every name and port, also for those that can't be used.
  const whole = { ...asked, name: suggestedName(backup), port: "", what: "parts", without: [] } as const;
  const all = useQuery(restorePreviewQuery(backup.id, wantedOf(whole, [])));
  const parts = (all.data?.changes ?? []).map((change) => change.part);
  const preview = useQuery({
    ...restorePreviewQuery(backup.id, wantedOf(asked, parts)),
    enabled: Object.keys(choiceErrors(asked)).length === 0 && all.isSuccess,
  });
  const restore = useRestore(backup.id);
  if (all.isLoadingError) return <ErrorState error={all.error} onRetry={all.refetch} />;
  if (!all.data) return <LoadingState label={words.looking} rows={6} />;
  const edit = (changes: Partial<RestoreChoice>) => {
    restore.reset();
    onChoice({ ...choice, ...changes });
  };
  const isCurrent = asked === choice && !preview.isPlaceholderData && !preview.isFetching;
  const shown = isWhole ? preview.data : undefined;
  const begin = () =>
    restore.mutate(
      { ...wantedOf(choice, parts), start: choice.starts, digest: shown?.digest ?? null },
      {
        onSuccess: onStarted,
        onError: (error) => {
          if (!("code" in error) || error.code !== "restore_changed") return;
          void Promise.all([all.refetch(), preview.refetch()]);
          onChanged();
        },
      },
    );
  const staysUp = choice.into === "same" && server?.state === "running" && shown?.stops_server === false;
  const replaces = shown?.changes.some((change) => change.part === "world") && !shown.is_new;
  const loses = replaces && shown?.loses_seconds !== 0;
  return (
    <div className={dialogClasses.body}>
      {notice}
      {shown && <Sentence backup={backup} preview={shown} />}
      <RestoreInto choice={choice} server={server} errors={wrong} onChange={edit} />
      <RestoreWhat backup={backup} choice={choice} changes={all.data.changes} error={wrong.what} onChange={edit} />
      {!staysUp && (
        <Checkbox
          label={words.start}
          description={words.startHint}
          checked={choice.starts}
          onChange={(event) => edit({ starts: event.currentTarget.checked })}
        />
      )}
      {preview.isError && <ErrorState error={preview.error} onRetry={preview.refetch} />}
      {shown && <Notes preview={shown} />}
      <FormError error={restore.error} />
      <DialogButtons
        above={
          shown && shown.problems.length > 0 && <NoteList tone="bad" title={words.problems} notes={shown.problems} />
        }
      >
        <Button variant="default" onClick={onClose}>
          {common.cancel}
        </Button>
        <Button
          color={loses ? "red" : undefined}
          loading={restore.isPending}
          disabled={!isCurrent || !shown || shown.problems.length > 0}
          onClick={begin}
        >
          {choice.into === "new" ? words.actNew : words.act(shown?.stops_server ?? false)}
        </Button>
      </DialogButtons>
    </div>
  );
}

/** "This world of Tue 24 Nov, 21:00 replaces that of today 14:12. You lose 2 d 17 h of play. A copy of today is kept." */
function Sentence({ backup, preview }: { backup: Backup; preview: Preview }) {
  const now = useNow(60);
  const then = moment(backup.made_at, now);
  if (preview.is_new) {
    return <p className={classes.sentence}>{words.newServer(printable(preview.into), then)}</p>;
  }
  const hasWorld = preview.changes.some((change) => change.part === "world");
  const lost = preview.loses_seconds;
  const present = lost === null ? null : moment(Date.parse(backup.made_at) + lost * 1000, now);
  return (
    <p className={classes.sentence}>
      {!hasWorld && words.noWorld(then)}
      {hasWorld && replacing(backup, then, present)}{" "}
      {hasWorld && lost !== null && (
        <strong className={lost > 0 ? classes.loss : undefined}>
          {lost > 0 ? words.loses(lost) : words.losesNothing}
        </strong>
      )}{" "}
      {preview.keeps_present && words.keeps}
    </p>
  );
}

/** When a world from elsewhere was played last is not known, nor whether it is one of this server. */
function replacing(backup: Backup, then: string, present: string | null) {
  if (backup.kind === "imported") return words.replacesImported;
  return present === null ? words.replacesUnknown(then) : words.replaces(then, present);
}

function Notes({ preview }: { preview: Preview }) {
  return (
    <>
      <NoteList tone="warn" title={words.warnings} notes={preview.warnings} />
      <p className={classes.room}>{words.room(preview.bytes_needed, preview.bytes_free)}</p>
    </>
  );
}

function Notice({ tone, children }: { tone: "warn" | "bad"; children: ReactNode }) {
  return (
    <p className={dialogClasses.notice} data-tone={tone} role="alert">
      <StateShape tone={tone} size={16} />
      <span>{children}</span>
    </p>
  );
}
