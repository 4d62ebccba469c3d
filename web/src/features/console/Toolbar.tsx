import { ActionIcon, Button, Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconCopy, IconDots, IconDownload, IconPlayerPause, IconPlayerPlay, IconSearch } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { flushSync } from "react-dom";
import { copyText } from "../../lib/copyText";
import { downloadText } from "../../lib/download";
import { LINE_GROUPS, type LineGroup } from "../../lib/lineTypes";
import { consoleTab as words } from "../../text/console";
import { lineGroups } from "../../text/lineTypes";
import { written } from "./LineList";
import type { LineFilter, LineStore, ShownLines } from "./lineStore";
import { SearchBar } from "./SearchBar";
import classes from "./Toolbar.module.css";
import type { ConsoleSearch } from "./useSearch";

const icon = { size: 16, stroke: 1.8, "aria-hidden": true } as const;
/** How many there are is worth a word where it may mean trouble. */
const COUNTED = new Set<LineGroup>(["warning", "error"]);

interface ToolbarProps {
  serverId: string;
  lines: LineStore;
  shown: ShownLines;
  filter: LineFilter;
  onFilter: (filter: LineFilter) => void;
  search: ConsoleSearch;
}

export function Toolbar({ serverId, lines, shown, filter, onFilter, search }: ToolbarProps) {
  const [isSearchOpen, setSearchOpen] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const openSearch = () => {
    flushSync(() => setSearchOpen(true));
    field.current?.focus();
  };
  return (
    <div className={classes.bar} data-searching={isSearchOpen || undefined}>
      <TypeChips filter={filter} counts={shown.counts} onFilter={onFilter} />
      <div className={classes.end}>
        <SearchBar search={search} field={field} isOpen={isSearchOpen} onClose={() => setSearchOpen(false)} />
        <ActionIcon variant="default" className={classes.opener} aria-label={words.openSearch} onClick={openSearch}>
          <IconSearch {...icon} />
        </ActionIcon>
        <Button
          variant="default"
          className={classes.follow}
          leftSection={shown.isFollowing ? <IconPlayerPause {...icon} /> : <IconPlayerPlay {...icon} />}
          onClick={() => (shown.isFollowing ? lines.hold() : lines.follow())}
        >
          <span className={classes.followWord}>{shown.isFollowing ? words.pause : words.follow}</span>
        </Button>
        <MoreMenu serverId={serverId} shown={shown} filter={filter} onFilter={onFilter} />
      </div>
    </div>
  );
}

interface TypeChipsProps {
  filter: LineFilter;
  counts: ShownLines["counts"];
  onFilter: (filter: LineFilter) => void;
}

/** None of them pressed: everything is shown. */
function TypeChips({ filter, counts, onFilter }: TypeChipsProps) {
  const toggle = (group: LineGroup) => {
    const groups = new Set(filter.groups);
    if (!groups.delete(group)) groups.add(group);
    onFilter({ ...filter, groups });
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for what is sent together
    <div className={classes.chips} role="group" aria-label={words.types}>
      <button
        type="button"
        className={classes.chip}
        aria-pressed={filter.groups.size === 0}
        onClick={() => onFilter({ ...filter, groups: new Set() })}
      >
        {words.everything}
      </button>
      {LINE_GROUPS.map((group) => {
        const count = COUNTED.has(group) ? counts[group] : 0;
        return (
          <button
            key={group}
            type="button"
            className={classes.chip}
            data-group={group}
            aria-pressed={filter.groups.has(group)}
            aria-label={count > 0 ? words.count(lineGroups[group], count) : undefined}
            onClick={() => toggle(group)}
          >
            {lineGroups[group]}
            {count > 0 && <span className={classes.count}>{count}</span>}
          </button>
        );
      })}
    </div>
  );
}

interface MoreMenuProps {
  serverId: string;
  shown: ShownLines;
  filter: LineFilter;
  onFilter: (filter: LineFilter) => void;
}

function MoreMenu({ serverId, shown, filter, onFilter }: MoreMenuProps) {
  const text = () => `${shown.rows.slice(0, shown.count).map(written).join("\n")}\n`;
  const copy = async () => {
    const { count } = shown;
    const isCopied = await copyText(text());
    notifications.show(
      isCopied ? { message: words.copied(count) } : { color: "red", message: words.copyFailed, autoClose: 10_000 },
    );
  };
  const download = () => {
    const when = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
    downloadText(words.fileName(serverId, when), text());
  };
  return (
    <Menu position="bottom-end" width={290}>
      <Menu.Target>
        <ActionIcon variant="default" size={36} aria-label={words.more}>
          <IconDots size={18} stroke={1.8} aria-hidden="true" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconCopy {...icon} />} disabled={shown.count === 0} onClick={() => void copy()}>
          {words.copyShown(shown.count)}
        </Menu.Item>
        <Menu.Item leftSection={<IconDownload {...icon} />} disabled={shown.count === 0} onClick={download}>
          {words.download}
        </Menu.Item>
        <Menu.Divider />
        <Menu.CheckboxItem
          checked={filter.showsProbes}
          onChange={(showsProbes) => onFilter({ ...filter, showsProbes })}
        >
          {words.showProbes}
        </Menu.CheckboxItem>
      </Menu.Dropdown>
    </Menu>
  );
}
