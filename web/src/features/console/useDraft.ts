import { useState } from "react";
import { memoryOf, rememberSent } from "./memory";

/** What is being typed, and what was sent before: one goes back and forth through it and finds what one typed at its end. */
export function useDraft(serverId: string) {
  const [draft, setDraft] = useState(() => memoryOf(serverId).draft);
  /** How far one has gone back; 0 is what is being typed. */
  const [back, setBack] = useState(0);
  const [typed, setTyped] = useState(draft);

  const change = (text: string) => {
    memoryOf(serverId).draft = text;
    setDraft(text);
    setTyped(text);
    setBack(0);
  };
  const goBack = (to: number): boolean => {
    const { sent } = memoryOf(serverId);
    if (to < 0 || to > sent.length) return false;
    setBack(to);
    setDraft(to === 0 ? typed : (sent[sent.length - to] ?? ""));
    return true;
  };
  return {
    draft,
    isFromHistory: back > 0,
    change,
    older: () => goBack(back + 1),
    newer: () => goBack(back - 1),
    /** It was sent: it is kept among what was sent, and the line is empty unless something else has been typed meanwhile. */
    done: (command: string) => {
      rememberSent(serverId, command);
      const memory = memoryOf(serverId);
      if (memory.draft.trim() === command || back > 0) memory.draft = "";
      setDraft((known) => (known.trim() === command ? "" : known));
      setTyped(memory.draft);
      setBack(0);
    },
  };
}

export type Draft = ReturnType<typeof useDraft>;
