import { TextInput } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { type KeyboardEvent, type RefObject, useEffect, useRef, useState } from "react";
import { catalog as words } from "../../text/mods";
import classes from "./ModsPage.module.css";

const TYPING_MS = 20;

interface SearchFieldProps {
  field: RefObject<HTMLInputElement | null>;
  /** What is searched for, as the address has it. */
  value: string;
  onSearch: (text: string) => void;
  /** Arrow down: on to what was found. */
  onLeave: () => void;
  /** Where the page starts, unless one comes back to a mod. */
  startsHere: boolean;
}

/** Searches as one types. What is typed leads; the address follows after a moment. */
export function SearchField({ field, value, onSearch, onLeave, startsHere }: SearchFieldProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const sent = useRef<string[]>([]);
  // On a touch screen the keyboard would cover what one came to see.
  const isTouch = useMediaQuery("(pointer: coarse)", false, { getInitialValueInEffect: false });
  const takesFocus = startsHere && !isTouch;

  const search = (text: string) => {
    clearTimeout(timer.current);
    sent.current.push(text);
    onSearch(text);
  };
  const type = (text: string) => {
    setDraft(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => search(text.trim()), TYPING_MS);
  };
  useEffect(() => () => clearTimeout(timer.current), []);

  // The address changed otherwise: a filter was removed, or one went back.
  useEffect(() => {
    const place = sent.current.indexOf(value);
    if (place >= 0) {
      sent.current.splice(0, place + (place === sent.current.length - 1 ? 0 : 1));
      return;
    }
    sent.current = [];
    clearTimeout(timer.current);
    setDraft(null);
  }, [value]);

  useEffect(() => {
    if (takesFocus) field.current?.focus({ preventScroll: true });
  }, [field, takesFocus]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") {
      event.preventDefault();
      onLeave();
    } else if (event.key === "Enter" && draft !== null) {
      search(draft.trim());
    } else if (event.key === "Escape" && (draft ?? value) !== "") {
      event.preventDefault();
      type("");
    }
  };

  return (
    <TextInput
      ref={field}
      type="search"
      aria-label={words.search}
      placeholder={words.searchHint}
      autoComplete="off"
      spellCheck={false}
      size="md"
      data-page-focus={takesFocus || undefined}
      aria-keyshortcuts="/"
      leftSection={<IconSearch size={18} stroke={1.8} aria-hidden="true" />}
      rightSection={<kbd className={classes.shortcut}>{words.shortcut}</kbd>}
      value={draft ?? value}
      onChange={(event) => type(event.currentTarget.value)}
      onKeyDown={onKeyDown}
    />
  );
}

/** "/" goes to the search, from wherever one doesn't type. */
export function useSlashKey(field: RefObject<HTMLInputElement | null>): void {
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      event.preventDefault();
      field.current?.focus();
      field.current?.select();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [field]);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest("input, textarea, select, [contenteditable], dialog, [role=dialog]") !== null
  );
}
