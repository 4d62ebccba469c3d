export type CodeLanguage = "json" | "yaml" | "log" | "plain";

const BY_END: readonly [RegExp, CodeLanguage][] = [
  [/\.json5?$/i, "json"],
  [/\.ya?ml$/i, "yaml"],
  [/\.log$|(^|[-_/])(main|event|chat|audit|debug|build|worldgen|crash)\.txt$/i, "log"],
];

/** By the end of a file's name. */
export function languageOf(path: string): CodeLanguage {
  return BY_END.find(([end]) => end.test(path))?.[1] ?? "plain";
}
