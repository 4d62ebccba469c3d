import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { FilterMenu } from "../../components/ui/FilterMenu";
import { formatNumber } from "../../lib/numbers";
import { catalog as words } from "../../text/mods";
import { gameLinesQuery } from "./api/gameLines";
import { tagsQuery } from "./api/tags";
import classes from "./ModsPage.module.css";
import { type ModsSearch, SIDES, SORTS, TYPES } from "./search";

interface ToolbarProps {
  search: ModsSearch;
  onChange: (change: Partial<ModsSearch>) => void;
  /** Before the filters. */
  children?: ReactNode;
}

/** What to filter by, and the order. Choosing again what is chosen takes it away. */
export function Toolbar({ search, onChange, children }: ToolbarProps) {
  const tags = useQuery(tagsQuery());
  const lines = useQuery(gameLinesQuery());
  const chosenTags = search.tag ?? [];
  const sort = search.sort ?? (search.q ? "relevance" : "downloads");
  const toggle = (name: "side" | "type" | "version") => (value: string) =>
    onChange({ [name]: search[name] === value ? undefined : value });
  const toggleTag = (tag: string) =>
    onChange({ tag: chosenTags.includes(tag) ? chosenTags.filter((chosen) => chosen !== tag) : [...chosenTags, tag] });
  return (
    <div className={classes.toolbar}>
      {children}
      <FilterMenu
        label={words.side}
        options={SIDES.map((side) => ({ value: side, label: words.sideWord(side) }))}
        selected={search.side ? [search.side] : []}
        onPick={toggle("side")}
      />
      <FilterMenu
        label={words.type}
        options={TYPES.map((type) => ({ value: type, label: words.typeWord(type) }))}
        selected={search.type ? [search.type] : []}
        onPick={toggle("type")}
      />
      <FilterMenu
        label={words.tag}
        searchable
        options={(tags.data?.items ?? []).map((tag) => ({
          value: tag.name,
          label: tag.name,
          hint: formatNumber(tag.mods),
        }))}
        selected={chosenTags}
        onPick={toggleTag}
      />
      <FilterMenu
        label={words.gameVersion}
        options={(lines.data ?? []).map((line) => ({ value: `v${line}`, label: line }))}
        selected={search.version ? [search.version] : []}
        onPick={toggle("version")}
      />
      <span className={classes.sort}>
        <FilterMenu
          label={words.sortedBy(sort)}
          options={SORTS.filter((choice) => choice !== "relevance" || search.q).map((choice) => ({
            value: choice,
            label: words.sorts[choice],
          }))}
          selected={[sort]}
          onPick={(choice) => onChange({ sort: SORTS.find((known) => known === choice) })}
        />
      </span>
    </div>
  );
}
