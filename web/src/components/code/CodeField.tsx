import { Compartment, Prec, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, keymap } from "@codemirror/view";
import { useEffect, useImperativeHandle, useRef } from "react";
import type { CodeEditorProps } from "./CodeEditor";
import classes from "./code.module.css";
import { loadLanguage } from "./languages";
import { basics } from "./setup";

const markWrong = StateEffect.define<number | undefined>();
const wrongLook = Decoration.line({ class: "cm-wrongLine" });
const wrongLines = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    let now = marks.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (!effect.is(markWrong)) continue;
      const { doc } = transaction.state;
      const line = effect.value;
      now =
        line === undefined || line < 1 || line > doc.lines
          ? Decoration.none
          : Decoration.set(wrongLook.range(doc.line(line).from));
    }
    return now;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** The field itself, in a piece of its own because of its size. */
export default function CodeField(props: CodeEditorProps) {
  const { handle, label, value, language, isReadOnly = false, wrongLine, autoFocus = false } = props;
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  /** The text that the owner of this field knows; what is another one has come from outside. */
  const known = useRef(value);
  const start = useRef({ value, autoFocus });
  const latest = useRef(props);
  latest.current = props;
  const languageSlot = useRef(new Compartment());

  useEffect(() => {
    const parent = box.current;
    if (!parent) return;
    const editor = new EditorView({
      doc: start.current.value,
      parent,
      extensions: [
        Prec.high(
          keymap.of([
            {
              key: "Mod-s",
              preventDefault: true,
              run: () => {
                latest.current.onSave?.();
                return true;
              },
            },
          ]),
        ),
        basics(label, isReadOnly),
        wrongLines,
        languageSlot.current.of([]),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          known.current = update.state.doc.toString();
          latest.current.onChange?.(known.current);
        }),
      ],
    });
    view.current = editor;
    if (start.current.autoFocus) editor.focus();
    return () => {
      // Made anew when its label changes: it goes on with the text that it has.
      start.current = { value: editor.state.doc.toString(), autoFocus: editor.hasFocus };
      view.current = null;
      editor.destroy();
    };
  }, [label, isReadOnly]);

  useEffect(() => {
    let isWanted = true;
    void loadLanguage(language).then((found) => {
      if (isWanted) view.current?.dispatch({ effects: languageSlot.current.reconfigure(found ?? []) });
    });
    return () => {
      isWanted = false;
    };
  }, [language]);

  useEffect(() => {
    const editor = view.current;
    if (!editor || value === known.current) return;
    known.current = value;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);

  useEffect(() => {
    view.current?.dispatch({ effects: markWrong.of(wrongLine) });
  }, [wrongLine]);

  useImperativeHandle(handle, () => ({
    goTo: (offset) => {
      const editor = view.current;
      if (!editor) return;
      const anchor = Math.min(offset, editor.state.doc.length);
      editor.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
      editor.focus();
    },
  }));

  return <div ref={box} className={classes.field} />;
}
