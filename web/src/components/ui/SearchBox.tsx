import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";

const TYPING_MS = 250;

interface SearchBoxProps {
  /** Says what is searched. */
  label: string;
  placeholder: string;
  value: string;
  onSearch: (text: string) => void;
  className?: string;
}

/** A field that searches a moment after one stopped typing, at once on Enter; Escape empties it. */
export function SearchBox({ label, placeholder, value, onSearch, className }: SearchBoxProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const search = (text: string) => {
    clearTimeout(timer.current);
    setDraft(null);
    if (text.trim() !== value) onSearch(text.trim());
  };
  const type = (text: string) => {
    setDraft(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onSearch(text.trim()), TYPING_MS);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") {
      event.preventDefault();
      search(draft ?? value);
    } else if (event.key === "Escape" && (draft ?? value) !== "") {
      event.preventDefault();
      search("");
    }
  };
  return (
    <TextInput
      type="search"
      className={className}
      aria-label={label}
      placeholder={placeholder}
      autoComplete="off"
      spellCheck={false}
      leftSection={<IconSearch size={16} stroke={1.8} aria-hidden="true" />}
      value={draft ?? value}
      onChange={(event) => type(event.currentTarget.value)}
      onKeyDown={onKeyDown}
      onBlur={() => draft !== null && search(draft)}
    />
  );
}
