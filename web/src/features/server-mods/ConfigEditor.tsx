import { Button, NativeSelect } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type KeyboardEvent, useDeferredValue, useMemo, useRef, useState } from "react";
import { ApiError, type Schema } from "../../api/client";
import { ErrorState } from "../../components/ui/ErrorState";
import { FormError } from "../../components/ui/FormError";
import { LeaveGuard } from "../../components/ui/LeaveGuard";
import { LoadingState } from "../../components/ui/LoadingState";
import { StateMark, StateShape } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { checkJson, type JsonMistake } from "../../lib/checkJson";
import { printable } from "../../lib/printable";
import { exactTime } from "../../lib/time";
import { modConfig as words } from "../../text/serverMods";
import { configFileQuery, useSaveConfig } from "./api/modConfig";
import classes from "./ConfigTab.module.css";
import { LinedText, type LinedTextHandle } from "./LinedText";

type Server = Schema["ServerDetails"];
type Content = Schema["ModConfigContent"];

export function ConfigEditor({ server, path }: { server: Server; path: string }) {
  // What is being written in stays, whatever the file has become; a save finds out.
  const file = useQuery({ ...configFileQuery(server.id, path), refetchOnReconnect: false });
  if (file.isPending) return <LoadingState rows={14} />;
  if (file.isLoadingError) return <ErrorState error={file.error} onRetry={file.refetch} />;
  return <Editor server={server} path={path} content={file.data} />;
}

function Editor({ server, path, content: newest }: { server: Server; path: string; content: Content }) {
  const queryClient = useQueryClient();
  const field = useRef<LinedTextHandle>(null);
  const [base, setBase] = useState(newest);
  const [text, setText] = useState(newest.text);
  const [version, setVersion] = useState("");
  const [problem, setProblem] = useState<unknown>(null);
  const save = useSaveConfig(server.id, path);
  const isChanged = text !== base.text;
  const isUp = server.state === "running" || server.state === "starting";
  const isJson = /\.json5?$/i.test(path);
  const checked = useDeferredValue(text);
  const mistake = useMemo(() => (isJson ? checkJson(checked) : null), [isJson, checked]);

  const saveIt = (etag: string, allowBroken = false) =>
    save.mutate(
      { text, etag, allowBroken },
      {
        onSuccess: (saved) => {
          setBase(saved);
          setText(saved.text);
          setVersion("");
          notifications.show({ message: isUp ? words.saved : words.savedStopped });
        },
      },
    );
  /** Fetches the file as it is by now. */
  const look = async () => {
    const options = configFileQuery(server.id, path);
    return queryClient.fetchQuery({ ...options, staleTime: 0 });
  };
  const attempt = async (work: () => Promise<void>) => {
    setProblem(null);
    try {
      await work();
    } catch (error) {
      setProblem(error);
    }
  };
  const takeTheirs = () =>
    attempt(async () => {
      const theirs = await look();
      save.reset();
      setBase(theirs);
      setText(theirs.text);
      setVersion("");
    });
  const saveMine = () =>
    attempt(async () => {
      const theirs = await look();
      setBase(theirs);
      saveIt(theirs.etag, code === "broken_json");
    });
  const showVersion = (moment: string) =>
    attempt(async () => {
      if (moment === "") setText(base.text);
      else setText((await queryClient.fetchQuery(configFileQuery(server.id, path, moment))).text);
      setVersion(moment);
      save.reset();
    });
  const discard = () => {
    setText(base.text);
    setVersion("");
    save.reset();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    if (isChanged && !save.isPending) saveIt(base.etag);
  };

  const code = save.error instanceof ApiError ? save.error.code : null;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a shortcut for what the button does
    <div className={classes.file} onKeyDown={onKeyDown}>
      <div className={classes.head}>
        <h2 className={classes.title}>{printable(path)}</h2>
        <span className="quiet">
          {words.changed} <Time value={base.modified_at} />
        </span>
        {base.versions.length > 0 && (
          <NativeSelect
            size="xs"
            className={classes.versions}
            aria-label={words.versions}
            value={version}
            onChange={(event) => void showVersion(event.currentTarget.value)}
          >
            <option value="">{words.versionsNow}</option>
            <optgroup label={words.versions}>
              {base.versions.map((moment) => (
                <option key={moment} value={moment}>
                  {exactTime(Date.parse(moment))}
                </option>
              ))}
            </optgroup>
          </NativeSelect>
        )}
      </div>
      {version !== "" && (
        <p className={classes.note}>
          <StateShape tone="warn" size={16} />
          <span>
            {words.shown}: {exactTime(Date.parse(version))}. {words.shownHint}
          </span>
        </p>
      )}
      <LinedText handle={field} label={words.text(path)} value={text} onChange={setText} wrongLine={mistake?.line} />
      <div className={classes.foot}>
        <div className={classes.state}>
          {isJson && <Check mistake={mistake} onGo={(offset) => field.current?.goTo(offset)} />}
          {isUp && <span className="quiet">{words.restartNote}</span>}
        </div>
        <div className={classes.buttons}>
          {isChanged && <span className="quiet">{words.unsaved}</span>}
          <Button variant="default" disabled={!isChanged} onClick={discard}>
            {words.discard}
          </Button>
          <Button disabled={!isChanged} loading={save.isPending} onClick={() => saveIt(base.etag)}>
            {words.save}
          </Button>
        </div>
      </div>
      {code === "changed_meanwhile" ? (
        <div className={classes.conflict} role="alert">
          <strong>{words.conflictTitle}</strong>
          <p>{words.conflictText}</p>
          <div className={classes.buttons}>
            <Button size="xs" variant="default" onClick={() => void takeTheirs()}>
              {words.takeTheirs}
            </Button>
            <Button size="xs" variant="default" onClick={() => void saveMine()}>
              {words.saveMine}
            </Button>
          </div>
        </div>
      ) : (
        <FormError error={save.error} />
      )}
      {code === "broken_json" && (
        <Button variant="default" className={classes.anyway} onClick={() => saveIt(base.etag, true)}>
          {words.saveAnyway}
        </Button>
      )}
      <FormError error={problem} />
      <LeaveGuard isUnsaved={() => isChanged} inPage title={words.leaveTitle} confirmLabel={words.leave}>
        <p className={classes.lead}>{words.leaveText}</p>
      </LeaveGuard>
    </div>
  );
}

function Check({ mistake, onGo }: { mistake: JsonMistake | null; onGo: (offset: number) => void }) {
  if (mistake === null) return <StateMark tone="ok" label={words.good} quiet />;
  const { line, column, problem, offset } = mistake;
  return (
    <span className={classes.mistake}>
      <StateMark tone="warn" label={words.problemAt(line, column, words.jsonProblems[problem])} quiet isSentence />
      <button type="button" className="text-button" onClick={() => onGo(offset)}>
        {words.goThere}
      </button>
    </span>
  );
}
