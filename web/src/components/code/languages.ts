import { type Language, StreamLanguage, type StringStream } from "@codemirror/language";
import type { CodeLanguage } from "./language";

interface JsonState {
  inComment: boolean;
}

/** JSON as the game and its mods write it: with comments, single quotes and names without quotes. */
const relaxedJson = StreamLanguage.define<JsonState>({
  name: "json",
  startState: () => ({ inComment: false }),
  token(stream, state) {
    if (state.inComment) {
      state.inComment = !stream.match(/^.*?\*\//);
      if (state.inComment) stream.skipToEnd();
      return "comment";
    }
    if (stream.eatSpace()) return null;
    if (stream.match("//")) {
      stream.skipToEnd();
      return "comment";
    }
    if (stream.match("/*")) {
      state.inComment = true;
      return "comment";
    }
    if (stream.match(/^"(?:[^"\\]|\\.)*"?/) || stream.match(/^'(?:[^'\\]|\\.)*'?/)) return nameOr(stream, "string");
    if (stream.match(/^[-+]?[\d.][\w.+-]*/)) return "number";
    if (stream.match(/^[\w$]+/))
      return nameOr(stream, /^(?:true|false|null)$/.test(stream.current()) ? "atom" : "invalid");
    stream.next();
    return null;
  },
  languageData: { commentTokens: { line: "//", block: { open: "/*", close: "*/" } } },
});

function nameOr(stream: StringStream, kind: string): string {
  return stream.match(/^\s*:/, false) ? "propertyName" : kind;
}

/** Lines of the game's logs: when, what kind, and what it is about. */
const logLines = StreamLanguage.define<null>({
  name: "log",
  startState: () => null,
  token(stream) {
    if (stream.sol() && stream.match(/^\d{1,2}[./]\d{1,2}[./]\d{4} \d{1,2}:\d{2}:\d{2}/)) return "meta";
    if (stream.match(/^\[[^\]]*(?:Error|Fatal)[^\]]*\]/)) return "invalid";
    if (stream.match(/^\[[^\]]*Warning[^\]]*\]/)) return "warning";
    if (stream.match(/^\[[^\]]{1,60}\]/)) return "keyword";
    stream.next();
    stream.match(/^[^[]*/);
    return null;
  },
});

/** YAML comes in a piece of its own, which few need. */
export async function loadLanguage(language: CodeLanguage): Promise<Language | null> {
  switch (language) {
    case "json":
      return relaxedJson;
    case "log":
      return logLines;
    case "yaml":
      return (await import("@codemirror/lang-yaml")).yamlLanguage;
    case "plain":
      return null;
  }
}
