import { MergeView, unifiedMergeView } from "@codemirror/merge";
import { EditorView } from "@codemirror/view";
import { useMediaQuery } from "@mantine/hooks";
import { useEffect, useRef } from "react";
import type { CodeComparisonProps } from "./CodeComparison";
import classes from "./code.module.css";
import { loadLanguage } from "./languages";
import { basics } from "./setup";

const UNCHANGED = { margin: 3, minSize: 6 };
/** Where texts differ in very much, an exact comparison would take for ever. */
const EFFORT = { scanLimit: 500, timeout: 1_000 };

export default function CodeMerge(props: CodeComparisonProps) {
  const box = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const isNarrow = useMediaQuery("(max-width: 47.99em)", false, { getInitialValueInEffect: false });
  const { before, beforeLabel, afterLabel, language } = props;
  const canChange = props.onChange !== undefined;

  useEffect(() => {
    const parent = box.current;
    if (!parent) return;
    let end = () => {};
    let isWanted = true;
    void loadLanguage(language).then((found) => {
      if (!isWanted) return;
      const colours = found ?? [];
      const tell = EditorView.updateListener.of((update) => {
        if (update.docChanged) latest.current.onChange?.(update.state.doc.toString());
      });
      const right = [basics(afterLabel, !canChange), colours, tell, EditorView.lineWrapping];
      const doc = latest.current.after;
      if (isNarrow) {
        const unified = unifiedMergeView({
          original: before,
          mergeControls: canChange,
          collapseUnchanged: UNCHANGED,
          diffConfig: EFFORT,
        });
        const view = new EditorView({ parent, doc, extensions: [right, unified] });
        end = () => view.destroy();
      } else {
        const view = new MergeView({
          parent,
          a: { doc: before, extensions: [basics(beforeLabel, true), colours, EditorView.lineWrapping] },
          b: { doc, extensions: right },
          collapseUnchanged: UNCHANGED,
          diffConfig: EFFORT,
          ...(canChange ? { revertControls: "a-to-b" as const } : {}),
        });
        end = () => view.destroy();
      }
    });
    return () => {
      isWanted = false;
      end();
    };
  }, [before, beforeLabel, afterLabel, language, canChange, isNarrow]);

  return <div ref={box} className={classes.merge} />;
}
