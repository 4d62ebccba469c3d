import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, type IndentContext, indentOnInput, indentService, indentUnit } from "@codemirror/language";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { styleNonce } from "../../app/styleNonce";
import { codePhrases } from "../../text/code";
import { looks } from "./looks";

/** What every field of code has. The Tab key goes on to the next field, as everywhere; Ctrl+F looks for something. */
export function basics(label: string, isReadOnly: boolean): Extension {
  return [
    EditorView.cspNonce.of(styleNonce()),
    EditorState.phrases.of(codePhrases),
    EditorView.contentAttributes.of({
      "aria-label": label,
      spellcheck: "false",
      autocapitalize: "off",
      autocorrect: "off",
      tabindex: "0",
      ...(isReadOnly ? { "aria-readonly": "true" } : {}),
    }),
    lineNumbers(),
    highlightSpecialChars(),
    drawSelection(),
    bracketMatching(),
    highlightSelectionMatches(),
    search({ top: true }),
    keymap.of([...searchKeymap, ...historyKeymap, ...defaultKeymap]),
    isReadOnly
      ? [EditorState.readOnly.of(true), EditorView.editable.of(false)]
      : [
          history(),
          indentOnInput(),
          indentUnit.of("  "),
          indentService.of(indentAsBefore),
          highlightActiveLine(),
          highlightActiveLineGutter(),
        ],
    looks,
  ];
}

/** As the line before, deeper after an opening bracket, and back at a closing one. */
function indentAsBefore(context: IndentContext, place: number): number {
  const { doc } = context.state;
  const line = doc.lineAt(place);
  const isNew = context.simulatedBreak === place;
  const before = isNew ? line.text.slice(0, place - line.from) : line.number > 1 ? doc.line(line.number - 1).text : "";
  const after = isNew ? line.text.slice(place - line.from) : line.text;
  const own = context.countColumn(/^\s*/.exec(before)?.[0] ?? "");
  const deeper = /[{[]\s*$/.test(before) ? context.unit : 0;
  const back = /^\s*[}\]]/.test(after) ? context.unit : 0;
  return Math.max(0, own + deeper - back);
}
