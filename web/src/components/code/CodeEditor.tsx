import { lazy, type Ref, Suspense } from "react";
import { LoadingState } from "../ui/LoadingState";
import classes from "./code.module.css";
import type { CodeLanguage } from "./language";

export interface CodeEditorHandle {
  /** Puts the cursor at a place (counted in characters, lines ends as one) and brings it into sight. */
  goTo: (offset: number) => void;
}

export interface CodeEditorProps {
  handle?: Ref<CodeEditorHandle>;
  /** What screen readers call it. */
  label: string;
  /** Line ends are `\n`. Another value than the last that `onChange` told replaces the text. */
  value: string;
  onChange?: (text: string) => void;
  /** Ctrl+S or Cmd+S. */
  onSave?: () => void;
  language: CodeLanguage;
  isReadOnly?: boolean;
  /** Counted from 1. */
  wrongLine?: number | undefined;
  autoFocus?: boolean;
}

const CodeField = lazy(() => import("./CodeField"));

/** A field for text of many lines with their numbers, colours and search, also for megabytes. As high as its frame. */
export function CodeEditor(props: CodeEditorProps) {
  return (
    <div className={classes.frame}>
      <Suspense fallback={<LoadingState rows={12} />}>
        <CodeField {...props} />
      </Suspense>
    </div>
  );
}
