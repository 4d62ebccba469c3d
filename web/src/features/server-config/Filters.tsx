import { SearchBox } from "../../components/ui/SearchBox";
import { serverConfig as words } from "../../text/serverConfig";
import classes from "./Config.module.css";
import type { SettingsSearch } from "./search";

interface FiltersProps {
  search: SettingsSearch;
  onSearch: (search: SettingsSearch) => void;
  count: string;
}

export function Filters({ search, onSearch, count }: FiltersProps) {
  const { q, changed, advanced } = search;
  const set = (part: Partial<Record<keyof SettingsSearch, unknown>>) => {
    const next = { q, changed, advanced, ...part };
    onSearch({
      ...(typeof next.q === "string" && next.q !== "" && { q: next.q }),
      ...(next.changed === true && { changed: true }),
      ...(next.advanced === true && { advanced: true }),
    });
  };
  return (
    <div className={classes.filters}>
      <SearchBox
        className={classes.search}
        label={words.search}
        placeholder={words.search}
        value={q ?? ""}
        onSearch={(text) => set({ q: text })}
      />
      <button
        type="button"
        className={classes.filter}
        aria-pressed={changed === true}
        title={words.changedHint}
        onClick={() => set({ changed: !changed })}
      >
        {words.changedOnly}
      </button>
      <button
        type="button"
        className={classes.filter}
        aria-pressed={advanced === true}
        title={words.advancedHint}
        onClick={() => set({ advanced: !advanced })}
      >
        {words.advanced}
      </button>
      <span className={classes.count} role="status">
        {count}
      </span>
    </div>
  );
}
