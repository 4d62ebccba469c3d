import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useDeferredValue, useMemo, useRef, useState } from "react";
import { ApiError, type Schema } from "../../api/client";
import { type ConfigFile, configTextQuery, useSaveConfigText } from "../../api/serverConfig";
import { CodeComparison } from "../../components/code/CodeComparison";
import { CodeEditor, type CodeEditorHandle } from "../../components/code/CodeEditor";
import { FormError } from "../../components/ui/FormError";
import { LeaveGuard } from "../../components/ui/LeaveGuard";
import { StateMark } from "../../components/ui/StateMark";
import { checkJson } from "../../lib/checkJson";
import { mergeLines } from "../../lib/mergeLines";
import { configText as words } from "../../text/serverConfig";
import { modConfig } from "../../text/serverMods";
import configClasses from "./Config.module.css";
import { SavedBar } from "./SaveBar";
import classes from "./TextEditor.module.css";

type Raw = Schema["RawConfig"];

interface TextEditorProps {
  serverId: string;
  file: ConfigFile;
  content: Raw;
}

const withPlainEnds = (text: string) => text.replaceAll("\r\n", "\n");

export function TextEditor({ serverId, file, content }: TextEditorProps) {
  const queryClient = useQueryClient();
  const editor = useRef<CodeEditorHandle>(null);
  const [base, setBase] = useState(content);
  const [text, setText] = useState(withPlainEnds(content.text));
  const [theirs, setTheirs] = useState<Raw | null>(null);
  const [isMerged, setIsMerged] = useState(false);
  const [outcomes, setOutcomes] = useState<readonly Schema["ChangeOutcome"][]>([]);
  const [lookError, setLookError] = useState<unknown>(null);
  const save = useSaveConfigText(serverId, file);
  const before = withPlainEnds(base.text);
  const isChanged = text !== before;
  const checked = useDeferredValue(text);
  const mistake = useMemo(() => (checked.trim() === "" ? null : checkJson(checked)), [checked]);
  const told = !isChanged && mistake === null ? base.problem : null;
  const wrongLine = mistake?.line ?? (told ? (base.problem_line ?? undefined) : undefined);

  const look = () => queryClient.fetchQuery({ ...configTextQuery(serverId, file), staleTime: 0 });
  const take = (raw: Raw, shown: string) => {
    setBase(raw);
    setText(shown);
    setTheirs(null);
    save.reset();
  };
  const saveIt = (etag: string) => {
    setOutcomes([]);
    setLookError(null);
    setIsMerged(false);
    save.mutate(
      { text, etag },
      {
        onSuccess: async ({ outcomes: became }) => {
          setOutcomes(became);
          try {
            const now = await look();
            take(now, withPlainEnds(now.text));
          } catch (error) {
            setLookError(error);
          }
        },
        onError: async (error) => {
          if (!(error instanceof ApiError) || error.code !== "changed_meanwhile") return;
          try {
            setTheirs(await look());
          } catch (failure) {
            setLookError(failure);
          }
        },
      },
    );
  };
  const edit = (next: string) => {
    if (next === text) return;
    setOutcomes([]);
    setText(next);
  };
  const discard = () => {
    setText(before);
    setIsMerged(false);
    setTheirs(null);
    save.reset();
  };
  const merged = theirs === null ? null : mergeLines(before, text, withPlainEnds(theirs.text));

  return (
    <div className={configClasses.tab}>
      {theirs === null ? (
        <CodeEditor
          handle={editor}
          label={words.text(`${file}.json`)}
          language="json"
          value={text}
          onChange={edit}
          onSave={() => isChanged && !save.isPending && saveIt(base.etag)}
          wrongLine={wrongLine}
        />
      ) : (
        <section className={classes.conflict} role="alert">
          <strong>{words.conflictTitle}</strong>
          <p className={configClasses.plain}>{words.conflictText}</p>
          {merged === null && <p className={configClasses.plain}>{words.cantMerge}</p>}
          <CodeComparison
            before={withPlainEnds(theirs.text)}
            beforeLabel={words.theirs}
            after={text}
            afterLabel={words.mine}
            onChange={edit}
            language="json"
          />
          <div className={classes.buttons}>
            <Button variant="default" onClick={() => take(theirs, withPlainEnds(theirs.text))}>
              {words.takeTheirs}
            </Button>
            <Button
              variant={merged === null ? "filled" : "default"}
              loading={save.isPending}
              onClick={() => {
                setBase(theirs);
                setTheirs(null);
                saveIt(theirs.etag);
              }}
            >
              {words.saveMine}
            </Button>
            {merged !== null && (
              <Button
                onClick={() => {
                  take(theirs, merged);
                  setIsMerged(true);
                }}
              >
                {words.merge}
              </Button>
            )}
          </div>
        </section>
      )}
      {isMerged && (
        <p className={configClasses.inset} role="status">
          {words.merged}
        </p>
      )}
      {theirs === null && (
        <>
          <div className={classes.foot}>
            <div className={classes.state}>
              {mistake ? (
                <>
                  <StateMark
                    tone="warn"
                    label={words.problemAt(mistake.line, mistake.column, modConfig.jsonProblems[mistake.problem])}
                    quiet
                  />
                  <button type="button" className="text-button" onClick={() => editor.current?.goTo(mistake.offset)}>
                    {words.goThere}
                  </button>
                </>
              ) : told ? (
                <StateMark
                  tone="warn"
                  label={base.problem_line ? words.problemOn(base.problem_line, told) : told}
                  quiet
                />
              ) : (
                <StateMark tone="ok" label={words.good} quiet />
              )}
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
          <FormError error={save.error} />
        </>
      )}
      <FormError error={lookError} />
      <SavedBar outcomes={outcomes} titleOf={(path) => path.join(" › ")} onClose={() => setOutcomes([])} />
      <LeaveGuard isUnsaved={() => isChanged} inPage title={words.leaveTitle} confirmLabel={words.leave}>
        <p className={configClasses.plain}>{words.leaveText}</p>
      </LeaveGuard>
    </div>
  );
}
