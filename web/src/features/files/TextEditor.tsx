import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useDeferredValue, useMemo, useRef, useState } from "react";
import { ApiError, type Schema } from "../../api/client";
import { CodeEditor, type CodeEditorHandle } from "../../components/code/CodeEditor";
import { languageOf } from "../../components/code/language";
import { FormError } from "../../components/ui/FormError";
import { LeaveGuard } from "../../components/ui/LeaveGuard";
import { StateMark } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { formatBytes } from "../../lib/bytes";
import { checkJson } from "../../lib/checkJson";
import { fileEditor as words } from "../../text/files";
import { modConfig as jsonWords } from "../../text/serverMods";
import { useSaveFile } from "./api/files";
import { Conflict } from "./Conflict";
import classes from "./files.module.css";
import { Note } from "./Note";

type Content = Schema["FileContent"];
type Base = Pick<Content, "text" | "etag" | "size_bytes" | "modified_at">;

/** Larger ones would make writing slow; the manager checks them when they are saved. */
const MOST_CHECKED_CHARACTERS = 500_000;

export function TextEditor({ server, content }: { server: Schema["ServerDetails"]; content: Content }) {
  const { path } = content;
  const field = useRef<CodeEditorHandle>(null);
  const [base, setBase] = useState<Base>(content);
  const [text, setText] = useState(content.text);
  const save = useSaveFile(server.id, path);
  const language = languageOf(path);
  const isChanged = text !== base.text;
  const code = save.error instanceof ApiError ? save.error.code : null;
  const isJson = language === "json";
  const isChecked = isJson && text.length <= MOST_CHECKED_CHARACTERS;
  const looked = useDeferredValue(text);
  const mistake = useMemo(() => (isChecked && looked.trim() !== "" ? checkJson(looked) : null), [isChecked, looked]);

  const saveIt = (wanted: string, etag: string, allowBroken = false) =>
    save.mutate(
      { text: wanted, etag, allowBroken },
      {
        onSuccess: ({ etag: saved, size_bytes, modified_at }) => {
          setBase({ text: wanted, etag: saved, size_bytes, modified_at });
          notifications.show({ message: words.saved });
        },
      },
    );
  const take = (theirs: Base) => {
    save.reset();
    setBase(theirs);
    setText(theirs.text);
  };
  if (code === "changed_meanwhile") {
    return (
      <Conflict
        serverId={server.id}
        path={path}
        language={language}
        mine={text}
        onMine={setText}
        isSaving={save.isPending}
        onTake={take}
        onSave={(etag) => saveIt(text, etag, true)}
      />
    );
  }
  return (
    <>
      <Note serverId={server.id} text={content.note} where={content.where} isLocked={content.is_locked} />
      <CodeEditor
        handle={field}
        label={words.text(path)}
        language={language}
        value={text}
        onChange={setText}
        onSave={() => isChanged && !save.isPending && saveIt(text, base.etag)}
        isReadOnly={content.is_locked}
        wrongLine={mistake?.line}
      />
      <div className={classes.bar}>
        <span className={classes.facts}>
          {isChecked && mistake === null && <StateMark tone="ok" label={jsonWords.good} quiet />}
          {mistake !== null && (
            <span className={classes.mistake}>
              <StateMark
                tone="warn"
                label={jsonWords.problemAt(mistake.line, mistake.column, jsonWords.jsonProblems[mistake.problem])}
                quiet
              />
              <button type="button" className="text-button" onClick={() => field.current?.goTo(mistake.offset)}>
                {jsonWords.goThere}
              </button>
            </span>
          )}
          {isJson && !isChecked && <span>{words.large}</span>}
          <span className="tabular">{formatBytes(base.size_bytes)}</span>
          <span>
            {words.changed} <Time value={base.modified_at} />
          </span>
          <span className={classes.keys}>{words.keys}</span>
        </span>
        {content.is_locked ? (
          <span className="quiet">{words.readOnly}</span>
        ) : (
          <div className={classes.buttons}>
            {isChanged && <span className="quiet">{words.unsaved}</span>}
            <Button
              variant="default"
              disabled={!isChanged}
              onClick={() => {
                setText(base.text);
                save.reset();
              }}
            >
              {words.discard}
            </Button>
            <Button disabled={!isChanged} loading={save.isPending} onClick={() => saveIt(text, base.etag)}>
              {words.save}
            </Button>
          </div>
        )}
      </div>
      <FormError error={save.error} />
      {code === "broken_json" && (
        <Button variant="default" className={classes.anyway} onClick={() => saveIt(text, base.etag, true)}>
          {words.saveAnyway}
        </Button>
      )}
      <LeaveGuard isUnsaved={() => isChanged} inPage title={words.leaveTitle} confirmLabel={words.leave}>
        <p className={classes.lead}>{words.leaveText}</p>
      </LeaveGuard>
    </>
  );
}
