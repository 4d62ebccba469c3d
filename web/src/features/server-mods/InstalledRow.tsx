import { ActionIcon, Button, Checkbox, Menu, Switch } from "@mantine/core";
import { IconChevronRight, IconDots } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { memo, useId } from "react";
import type { Schema } from "../../api/client";
import { FitMark } from "../../components/mods/FitMark";
import { StateShape } from "../../components/ui/StateMark";
import { printable } from "../../lib/printable";
import { badTroubles, serverMods as words } from "../../text/serverMods";
import classes from "./InstalledTable.module.css";
import { nameOf, needsNoUpdate, type Waits } from "./narrow";
import { type Ask, changesOf, keyOf, titleOf } from "./wishes";

type Mod = Schema["InstalledMod"];

interface InstalledRowProps {
  mod: Mod;
  /** Counted from 1, with the heading. */
  place: number;
  /** Id in small letters → name. */
  names: ReadonlyMap<string, string>;
  gameVersion: string | null;
  mayChange: boolean;
  isSelected: boolean;
  isOpen: boolean;
  /** What becomes of it at the next start. */
  waits: Waits | undefined;
  onSelect: (file: string) => void;
  onOpen: (file: string) => void;
  onAsk: Ask;
}

export const InstalledRow = memo(function InstalledRow(props: InstalledRowProps) {
  const { mod, mayChange, isSelected, isOpen, onSelect, onOpen, onAsk, gameVersion } = props;
  const detailsId = useId();
  const name = printable(nameOf(mod));
  const columns = mayChange ? 8 : 6;
  return (
    <>
      <tr
        className={classes.row}
        aria-rowindex={props.place}
        data-selected={isSelected || undefined}
        data-off={!mod.is_enabled || undefined}
      >
        {mayChange && (
          <td data-cell="select">
            <Checkbox
              size="xs"
              aria-label={words.select(name)}
              checked={isSelected}
              onChange={() => onSelect(mod.file_name)}
            />
          </td>
        )}
        <th scope="row" data-cell="name">
          <div className={classes.named}>
            <button
              type="button"
              className={classes.open}
              aria-expanded={isOpen}
              aria-controls={isOpen ? detailsId : undefined}
              onClick={() => onOpen(mod.file_name)}
            >
              <IconChevronRight size={14} stroke={1.8} aria-hidden="true" />
              <span>{name}</span>
            </button>
            <Marks mod={mod} waits={props.waits} />
          </div>
        </th>
        <td data-cell="version">
          {mod.version === null ? (
            <span className="quiet">{words.noVersion}</span>
          ) : (
            <span className="mono">{printable(mod.version)}</span>
          )}
        </td>
        <td data-cell="update">{mod.update && <Update {...props} update={mod.update} />}</td>
        <td data-cell="fit">
          <FitMark fit={mod.fit} version={gameVersion} />
        </td>
        <td data-cell="side">{words.sideWord(mod.side)}</td>
        <td data-cell="enabled">
          <Switch
            size="xs"
            withThumbIndicator={false}
            aria-label={words.on(name)}
            checked={mod.is_enabled}
            disabled={!mayChange}
            onChange={() => {
              const action = mod.is_enabled ? "disable" : "enable";
              onAsk(titleOf(action, [mod]), changesOf(action, [mod]));
            }}
          />
        </td>
        {mayChange && (
          <td data-cell="more">
            <More mod={mod} name={name} onAsk={onAsk} />
          </td>
        )}
      </tr>
      {mod.troubles.length > 0 && (
        <tr className={classes.below}>
          <td colSpan={columns}>
            <ul className={classes.troubles}>
              {mod.troubles.map((trouble) => (
                <Trouble key={`${trouble.code} ${trouble.message}`} trouble={trouble} />
              ))}
            </ul>
          </td>
        </tr>
      )}
      {isOpen && (
        <tr id={detailsId} className={classes.below}>
          <td colSpan={columns}>
            <Details mod={mod} names={props.names} />
          </td>
        </tr>
      )}
    </>
  );
});

function Marks({ mod, waits }: { mod: Mod; waits: Waits | undefined }) {
  const marks = [
    waits && words.waits[waits.kind],
    !mod.is_enabled && words.isOff,
    mod.is_pinned && words.pinned,
    mod.is_held && words.held,
    mod.by_hand && words.byHand,
    mod.kind !== "zip" && words.kinds[mod.kind],
  ].filter(Boolean);
  return marks.length > 0 && <span className={classes.marks}>{marks.join(" · ")}</span>;
}

interface UpdateProps {
  mod: Mod;
  update: Schema["ModUpdate"];
  gameVersion: string | null;
  mayChange: boolean;
  waits: Waits | undefined;
  onAsk: Ask;
}

function Update({ mod, update, gameVersion, mayChange, waits, onAsk }: UpdateProps) {
  const version = printable(update.version);
  const isOnItsWay = needsNoUpdate(mod, waits);
  return (
    <span className={classes.offer}>
      <span className={classes.offered}>
        <span className="mono">{version}</span>
        {update.is_prerelease && <span className="quiet">{words.prerelease}</span>}
        <FitMark fit={update.fit} version={gameVersion} />
      </span>
      {isOnItsWay && waits?.kind === "updated" && <span className="quiet">{words.updateWaits}</span>}
      {mayChange && !mod.is_held && !isOnItsWay && (
        <Button
          size="compact-xs"
          variant="default"
          aria-label={words.updateTo(printable(nameOf(mod)), version)}
          onClick={() =>
            onAsk(titleOf("update", [mod]), [{ action: "update", mod: keyOf(mod), version: update.version }])
          }
        >
          {words.update}
        </Button>
      )}
    </span>
  );
}

/** The rest of what can be done with it. */
function More({ mod, name, onAsk }: { mod: Mod; name: string; onAsk: Ask }) {
  const item = (action: "pin" | "unpin" | "hold" | "release" | "remove", label: string) => (
    <Menu.Item
      key={action}
      color={action === "remove" ? "red" : undefined}
      onClick={() => onAsk(titleOf(action, [mod]), changesOf(action, [mod]))}
    >
      {label}
    </Menu.Item>
  );
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={words.more(name)}>
          <IconDots size={16} stroke={1.8} aria-hidden="true" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {mod.is_pinned ? item("unpin", words.unpin) : item("pin", words.pin)}
        {mod.is_held ? item("release", words.release) : item("hold", words.hold)}
        {mod.catalog_id !== null && (
          <Menu.Item
            renderRoot={(props) => <Link to="/mods/$modId" params={{ modId: String(mod.catalog_id) }} {...props} />}
          >
            {words.openInCatalog}
          </Menu.Item>
        )}
        <Menu.Divider />
        {item("remove", words.remove)}
      </Menu.Dropdown>
    </Menu>
  );
}

function Trouble({ trouble }: { trouble: Schema["ModTrouble"] }) {
  const isFromLog = trouble.code.startsWith("log_");
  return (
    <li>
      <StateShape tone={badTroubles.has(trouble.code) ? "bad" : "warn"} />
      <span>
        {isFromLog && <span className="quiet">{words.fromLog}: </span>}
        {printable(trouble.message)}
      </span>
    </li>
  );
}

function Details({ mod, names }: { mod: Mod; names: ReadonlyMap<string, string> }) {
  const neededBy = mod.needed_by.map((modid) => names.get(modid.toLowerCase()) ?? modid);
  const lines = [
    mod.description,
    mod.authors.length > 0 && words.by(mod.authors),
    mod.dependencies.length > 0 && words.needs(mod.dependencies),
    neededBy.length > 0 && words.neededBy(neededBy),
  ].filter((line) => typeof line === "string" && line !== "");
  return (
    <div className={classes.told}>
      {lines.map((line) => (
        <p key={String(line)}>{printable(String(line))}</p>
      ))}
      <p className={classes.file}>
        {mod.modid && <span className="mono">{printable(mod.modid)}</span>}
        <span>{printable(words.details(mod))}</span>
        {mod.catalog_id !== null && (
          <Link to="/mods/$modId" params={{ modId: String(mod.catalog_id) }}>
            {words.openInCatalog}
          </Link>
        )}
      </p>
    </div>
  );
}
