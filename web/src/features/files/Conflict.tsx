import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ApiError, type Schema } from "../../api/client";
import { CodeComparison } from "../../components/code/CodeComparison";
import { CodeEditor } from "../../components/code/CodeEditor";
import type { CodeLanguage } from "../../components/code/language";
import { ErrorState } from "../../components/ui/ErrorState";
import { LeaveGuard } from "../../components/ui/LeaveGuard";
import { LoadingState } from "../../components/ui/LoadingState";
import { fileEditor as words } from "../../text/files";
import { contentQuery } from "./api/files";
import classes from "./files.module.css";

interface ConflictProps {
  serverId: string;
  path: string;
  language: CodeLanguage;
  mine: string;
  onMine: (text: string) => void;
  isSaving: boolean;
  onTake: (theirs: Schema["FileContent"]) => void;
  /** With the etag of what it takes the place of, which is empty where there is nothing. */
  onSave: (etag: string) => void;
}

/** Somebody was quicker: what they have written beside what would be saved, and nothing is lost before somebody decides. */
export function Conflict({ serverId, path, language, mine, onMine, isSaving, onTake, onSave }: ConflictProps) {
  const theirs = useQuery({
    ...contentQuery(serverId, path),
    queryKey: [...contentQuery(serverId, path).queryKey, "theirs"],
    refetchOnMount: "always",
    retry: false,
  });
  const isGone = theirs.error instanceof ApiError && theirs.error.status === 404;
  return (
    <>
      <div className={classes.conflict} role="alert">
        <strong>{isGone ? words.goneTitle : words.conflictTitle}</strong>
        <p>{isGone ? words.goneText : words.conflictText}</p>
      </div>
      {theirs.isFetching && <LoadingState rows={12} />}
      {!theirs.isFetching && theirs.error && !isGone && <ErrorState error={theirs.error} onRetry={theirs.refetch} />}
      {!theirs.isFetching && isGone && (
        <CodeEditor label={words.text(path)} language={language} value={mine} onChange={onMine} />
      )}
      {!theirs.isFetching && theirs.data && (
        <>
          <div className={classes.sides} aria-hidden="true">
            <span>{words.theirs}</span>
            <span>{words.mine}</span>
          </div>
          <CodeComparison
            before={theirs.data.text}
            beforeLabel={words.theirs}
            after={mine}
            afterLabel={words.mine}
            onChange={onMine}
            language={language}
          />
        </>
      )}
      <div className={classes.buttons}>
        {theirs.data && (
          <Button variant="default" onClick={() => onTake(theirs.data)}>
            {words.takeTheirs}
          </Button>
        )}
        <Button
          loading={isSaving}
          disabled={theirs.isFetching || (!theirs.data && !isGone)}
          onClick={() => onSave(isGone ? "" : (theirs.data?.etag ?? ""))}
        >
          {isGone ? words.makeAnew : words.saveMine}
        </Button>
      </div>
      <LeaveGuard isUnsaved={() => true} inPage title={words.leaveTitle} confirmLabel={words.leave}>
        <p className={classes.lead}>{words.leaveText}</p>
      </LeaveGuard>
    </>
  );
}
