import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const colours = syntaxHighlighting(
  HighlightStyle.define([
    { tag: tags.propertyName, color: "var(--accent)" },
    { tag: tags.definition(tags.propertyName), color: "var(--accent)" },
    { tag: [tags.string, tags.attributeValue], color: "var(--ok)" },
    { tag: [tags.number, tags.atom, tags.bool, tags.null], color: "var(--busy)" },
    { tag: [tags.keyword, tags.labelName, tags.typeName], color: "var(--busy)" },
    { tag: [tags.comment, tags.meta], color: "var(--text-quiet)" },
    { tag: tags.invalid, color: "var(--bad)" },
    { tag: tags.special(tags.invalid), color: "var(--warn)" },
  ]),
);

const theme = EditorView.theme({
  "&": { height: "100%", backgroundColor: "var(--surface-1)", color: "var(--text)", fontSize: "13px" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--text)", padding: "8px 0" },
  ".cm-gutters": {
    backgroundColor: "var(--surface-2)",
    color: "var(--text-quiet)",
    borderRight: "1px solid var(--line)",
  },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--surface-2) 60%, transparent)" },
  ".cm-activeLineGutter": { backgroundColor: "var(--line)", color: "var(--text)" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground, .cm-content ::selection":
    { backgroundColor: "color-mix(in srgb, var(--accent) 30%, transparent)" },
  "&.cm-focused .cm-matchingBracket": {
    backgroundColor: "var(--accent-soft)",
    outline: "1px solid var(--line-strong)",
  },
  ".cm-searchMatch": { backgroundColor: "var(--warn-soft)", outline: "1px solid var(--warn)" },
  ".cm-searchMatch-selected": { backgroundColor: "var(--accent-soft)" },
  ".cm-wrongLine": { backgroundColor: "var(--bad-soft)" },
  ".cm-panels": { backgroundColor: "var(--surface-2)", color: "var(--text)" },
  ".cm-panels-top": { borderBottom: "1px solid var(--line)" },
  ".cm-panels-bottom": { borderTop: "1px solid var(--line)" },
  ".cm-panel.cm-search": { fontFamily: "inherit", padding: "6px 8px" },
  ".cm-panel.cm-search label": { fontSize: "12px" },
  ".cm-textfield": {
    backgroundColor: "var(--surface-1)",
    border: "1px solid var(--line-strong)",
    borderRadius: "4px",
    color: "var(--text)",
    minHeight: "28px",
  },
  ".cm-button": {
    backgroundColor: "var(--surface-1)",
    backgroundImage: "none",
    border: "1px solid var(--line-strong)",
    borderRadius: "4px",
    color: "var(--text)",
    minHeight: "28px",
  },
  ".cm-changedLine, .cm-insertedLine": { backgroundColor: "color-mix(in srgb, var(--ok-soft) 45%, var(--surface-1))" },
  ".cm-deletedChunk, &.cm-merge-a .cm-changedLine": {
    backgroundColor: "color-mix(in srgb, var(--bad-soft) 45%, var(--surface-1))",
  },
  ".cm-deletedChunk .cm-chunkButtons button": {
    margin: "0 4px",
    padding: "2px 8px",
    border: "1px solid var(--line-strong)",
    borderRadius: "4px",
    background: "var(--surface-1)",
    color: "var(--text)",
    minHeight: "28px",
  },
  "&.cm-merge-a .cm-changedText, &.cm-merge-b .cm-changedText, .cm-deletedText": {
    background: "none",
    textDecoration: "underline",
    textUnderlineOffset: "0.2em",
  },
});

export const looks = [theme, colours];
