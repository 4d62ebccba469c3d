import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { editor as words } from "../../text/schedules";
import { previewQuery } from "./api/looking";
import { type Draft, type DraftStep, readableOf } from "./draft";

const NEXT = 5;
const TYPING_MS = 350;

/** How a draft reads and when it would be due, as the manager says it, while it is written. */
export function useReading(draft: Draft) {
  const [settled] = useDebouncedValue(draft, TYPING_MS);
  const readable = useMemo(() => readableOf(settled), [settled]);
  const preview = useQuery(previewQuery(readable, NEXT));
  const said = preview.isPlaceholderData ? undefined : preview.data;
  const [known, setKnown] = useState<ReadonlyMap<number, string>>(new Map());
  useEffect(() => {
    if (!said || !readable) return;
    const told = new Map([
      ...readable.steps.map((step, index) => [step, said.step_sentences[index]] as const),
      ...readable.finally.map((step, index) => [step, said.finally_sentences[index]] as const),
    ]);
    setKnown((before) => {
      const next = new Map(before);
      for (const { key, step } of [...settled.steps, ...settled.last]) {
        const sentence = told.get(step);
        if (sentence) next.set(key, sentence);
      }
      return next;
    });
  }, [said, readable, settled]);
  return {
    preview,
    /** Nobody can tell yet when it is due. */
    isUnreadable: readable === null,
    /** While it is typed, a step says what it said before. */
    sentenceOf: ({ key, step }: DraftStep) => known.get(key) ?? words.stepKinds[step.do],
  };
}
