import { lazy, Suspense } from "react";
import { LoadingState } from "../ui/LoadingState";
import classes from "./code.module.css";
import type { CodeLanguage } from "./language";

export interface CodeComparisonProps {
  /** What stands on the left, or, on a phone, what is struck out. It can't be changed. */
  before: string;
  beforeLabel: string;
  after: string;
  afterLabel: string;
  /** Without it the right one can't be changed, either. */
  onChange?: (text: string) => void;
  language: CodeLanguage;
}

const CodeMerge = lazy(() => import("./CodeMerge"));

/** Two texts side by side, one below the other on a phone, with what differs marked. */
export function CodeComparison(props: CodeComparisonProps) {
  return (
    <div className={classes.comparison}>
      <Suspense fallback={<LoadingState rows={12} />}>
        <CodeMerge {...props} />
      </Suspense>
    </div>
  );
}
