import "@mantine/spotlight/styles.css";
import { createSpotlight, Spotlight, useSpotlight } from "@mantine/spotlight";
import { IconSearch } from "@tabler/icons-react";
import { type ReactNode, useDeferredValue, useEffect } from "react";
import { common } from "../../../text/common";
import { palette as words } from "../../../text/palette";
import { useActionEntries, useJobEntries, useModEntries, usePageEntries, useServerEntries } from "./entries";
import classes from "./Palette.module.css";

const [store, actions] = createSpotlight();

export function showPalette(): void {
  store.updateState((state) => ({ ...state, query: "" }));
  actions.open();
}

/** Everything by its name, from the keyboard. */
export function Palette() {
  const { query } = useSpotlight(store);
  return (
    <Spotlight.Root
      store={store}
      shortcut={null}
      centered={false}
      yOffset="10dvh"
      overlayProps={{ backgroundOpacity: 0.45, blur: 0 }}
      transitionProps={{ duration: 120, transition: "fade" }}
      attributes={{ content: { "aria-label": words.title } }}
      classNames={{
        action: classes.action,
        actionsGroup: classes.group,
        actionsList: classes.list,
        footer: classes.footer,
      }}
    >
      <Spotlight.Search
        placeholder={words.placeholder}
        aria-label={words.placeholder}
        leftSection={<IconSearch size={18} stroke={1.6} aria-hidden="true" />}
        onKeyDown={(event) => {
          // Whoever types quickly is ahead of the effect that chooses.
          if (event.key === "Enter" && !chosenIn(listOfFound())) chooseFirst();
        }}
      />
      <Spotlight.ActionsList>
        <Found query={query} />
      </Spotlight.ActionsList>
      <Spotlight.Footer>{words.keys}</Spotlight.Footer>
    </Spotlight.Root>
  );
}

export interface Entry {
  id: string;
  label: string;
  hint?: string;
  icon?: ReactNode;
  /** Found by these, too. */
  alsoKnownAs?: string;
  onChoose: () => void;
}

function Found({ query }: { query: string }) {
  const wanted = useDeferredValue(query.trim());
  const pages = matching(usePageEntries(), wanted);
  const servers = matching(useServerEntries(), wanted);
  const jobs = matching(useJobEntries(), wanted);
  const mods = useModEntries(wanted);
  const others = matching(useActionEntries(), wanted);
  const groups: [string, readonly Entry[]][] = [
    [words.pages, pages],
    [words.servers, servers],
    [words.jobs, jobs],
    [words.mods, mods.entries],
    [words.actions, others],
  ];
  const found = groups.flatMap(([, entries]) => entries.map((entry) => entry.id)).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: chosen anew whenever something else is found
  useEffect(() => queueMicrotask(chooseFirst), [found]);
  const isEmpty = groups.every(([, entries]) => entries.length === 0);
  if (isEmpty)
    return <Spotlight.Empty>{mods.isPending ? `${common.loading}…` : (mods.nothing ?? words.nothing)}</Spotlight.Empty>;
  return groups
    .filter(([, entries]) => entries.length > 0)
    .map(([label, entries]) => (
      <Spotlight.ActionsGroup key={label} label={label}>
        {entries.map((entry) => (
          <Spotlight.Action
            key={entry.id}
            label={entry.label}
            description={entry.hint}
            leftSection={entry.icon}
            onClick={entry.onChoose}
          />
        ))}
      </Spotlight.ActionsGroup>
    ));
}

const listOfFound = () => document.getElementById(store.getState().listId);

const chosenIn = (list: HTMLElement | null) => list?.querySelector("[data-selected]") ?? null;

/** Enter takes the first, as long as nothing else is chosen. */
function chooseFirst(): void {
  const list = listOfFound();
  for (const chosen of list?.querySelectorAll("[data-selected]") ?? []) chosen.removeAttribute("data-selected");
  list?.querySelector("[data-action]")?.setAttribute("data-selected", "true");
  store.updateState((state) => ({ ...state, selected: 0 }));
}

/** Those in which every word occurs. */
function matching(entries: readonly Entry[], query: string): readonly Entry[] {
  const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
  return entries.filter((entry) => {
    const text = `${entry.label} ${entry.alsoKnownAs ?? ""}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}
