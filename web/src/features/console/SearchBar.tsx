import { ActionIcon, TextInput } from "@mantine/core";
import { IconChevronDown, IconChevronUp, IconSearch, IconX } from "@tabler/icons-react";
import type { KeyboardEvent, RefObject } from "react";
import { consoleTab as words } from "../../text/console";
import classes from "./Toolbar.module.css";
import type { ConsoleSearch } from "./useSearch";

const icon = { size: 16, stroke: 1.8, "aria-hidden": true } as const;

interface SearchBarProps {
  search: ConsoleSearch;
  field: RefObject<HTMLInputElement | null>;
  /** On a phone it takes the room of everything else. */
  isOpen: boolean;
  onClose: () => void;
}

/** Enter goes to the hit before, with shift to the one after. */
export function SearchBar({ search, field, isOpen, onClose }: SearchBarProps) {
  const isSearching = search.needle !== "";
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") {
      event.preventDefault();
      if (event.shiftKey) search.newer();
      else search.older();
    } else if (event.key === "Escape" && (search.text !== "" || isOpen)) {
      event.preventDefault();
      end();
    }
  };
  const end = () => {
    search.change("");
    onClose();
  };
  return (
    <div className={classes.search} data-open={isOpen || undefined}>
      <TextInput
        ref={field}
        type="search"
        className={classes.field}
        aria-label={words.search}
        placeholder={words.searchPlaceholder}
        autoComplete="off"
        spellCheck={false}
        leftSection={<IconSearch {...icon} />}
        value={search.text}
        onChange={(event) => search.change(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {isSearching && (
        <>
          <span className={classes.hits} role="status">
            {words.hits(search.place, search.count)}
          </span>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={words.previousHit}
            disabled={search.count === 0}
            onClick={search.older}
          >
            <IconChevronUp {...icon} />
          </ActionIcon>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={words.nextHit}
            disabled={search.count === 0}
            onClick={search.newer}
          >
            <IconChevronDown {...icon} />
          </ActionIcon>
        </>
      )}
      {(isSearching || isOpen) && (
        <ActionIcon variant="subtle" color="gray" aria-label={words.clearSearch} onClick={end}>
          <IconX {...icon} />
        </ActionIcon>
      )}
    </div>
  );
}
