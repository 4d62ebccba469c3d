import { Button, Combobox, useCombobox } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useState } from "react";
import { filters as words } from "../../text/filters";
import classes from "./filters.module.css";

export interface FilterOption {
  value: string;
  label: string;
  /** At the end of the line, quiet: how many there are. */
  hint?: string;
}

interface FilterMenuProps {
  /** On the button. */
  label: string;
  options: readonly FilterOption[];
  selected: readonly string[];
  onPick: (value: string) => void;
  /** For long lists: a field that narrows them. */
  searchable?: boolean;
}

/** A button that opens a list to choose a filter from; what is chosen shows as a chip elsewhere. */
export function FilterMenu({ label, options, selected, onPick, searchable = false }: FilterMenuProps) {
  const [needle, setNeedle] = useState("");
  const combobox = useCombobox({
    onDropdownOpen: () => {
      if (searchable) combobox.focusSearchInput();
      else combobox.updateSelectedOptionIndex("active");
    },
    onDropdownClose: () => {
      combobox.resetSelectedOption();
      setNeedle("");
    },
  });
  const sought = needle.trim().toLocaleLowerCase();
  const shown = options.filter((option) => option.label.toLocaleLowerCase().includes(sought));
  const pick = (value: string) => {
    onPick(value);
    combobox.closeDropdown();
    combobox.focusTarget();
  };
  return (
    <Combobox store={combobox} width={240} position="bottom-start" onOptionSubmit={pick}>
      <Combobox.Target targetType="button" withAriaAttributes>
        <Button
          variant="default"
          className={classes.menu}
          rightSection={<Combobox.Chevron />}
          onClick={() => combobox.toggleDropdown()}
        >
          {label}
        </Button>
      </Combobox.Target>
      <Combobox.Dropdown>
        {searchable && (
          <Combobox.Search
            aria-label={words.find}
            placeholder={words.find}
            value={needle}
            onChange={(event) => {
              setNeedle(event.currentTarget.value);
              combobox.updateSelectedOptionIndex();
            }}
          />
        )}
        <Combobox.Options aria-label={label} className={classes.options} tabIndex={0}>
          {shown.map((option) => (
            <Combobox.Option
              key={option.value}
              value={option.value}
              active={selected.includes(option.value)}
              className={classes.option}
            >
              <IconCheck
                size={14}
                stroke={2}
                aria-hidden="true"
                visibility={selected.includes(option.value) ? "visible" : "hidden"}
              />
              <span className={classes.optionLabel}>{option.label}</span>
              {option.hint && <span className={classes.hint}>{option.hint}</span>}
            </Combobox.Option>
          ))}
          {shown.length === 0 && <Combobox.Empty>{words.nothing}</Combobox.Empty>}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
