import { Autocomplete, Button, NativeSelect, Switch, TextInput } from "@mantine/core";
import { IconArrowLeft } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { Panel } from "../../components/ui/Page";
import { StateMark } from "../../components/ui/StateMark";
import { printable } from "../../lib/printable";
import { serverConfig, gameRoles as words } from "../../text/serverConfig";
import configClasses from "./Config.module.css";
import { colors } from "./colors";
import { Privileges } from "./Privileges";
import classes from "./Roles.module.css";
import { ADMIN, type GameRole, type NumberField, problemsOf, type RoleDraft } from "./rolesDraft";

const MAX_NAME = 80;
/** What says more stands below, so that fields beside each other are level. */
const ORDER: ("label" | "input" | "error" | "description")[] = ["label", "input", "error", "description"];
const MAX_DESCRIPTION = 500;
const MODES = ["", "0", "1", "2", "3"].map((value) => ({ value, label: words.gameModes[value] ?? value }));

interface RoleEditorProps {
  serverId: string;
  draft: RoleDraft;
  known: readonly Schema["Privilege"][];
  players: number;
  mayChange: boolean;
  onChange: (draft: RoleDraft) => void;
  onCopy: () => void;
}

/** One role: what it is called, where it stands, and what it may do. */
export function RoleEditor({ serverId, draft, known, players, mayChange, onChange, onCopy }: RoleEditorProps) {
  const { role, numbers, isGone } = draft;
  const problems = problemsOf(draft);
  const set = (part: Partial<GameRole>) => onChange({ ...draft, role: { ...role, ...part } });
  const number = (field: NumberField, label: string, unit?: string, hint?: string) => (
    <TextInput
      label={label}
      description={hint}
      inputWrapperOrder={ORDER}
      inputMode={field === "level" ? "text" : "numeric"}
      autoComplete="off"
      value={numbers[field]}
      error={problems[field]}
      rightSection={unit && <span className="quiet">{unit}</span>}
      rightSectionWidth={unit && unit.length > 3 ? 64 : 40}
      onChange={(event) => onChange({ ...draft, numbers: { ...numbers, [field]: event.currentTarget.value } })}
    />
  );
  return (
    <div className={configClasses.tab}>
      <Link
        to="/servers/$serverId/config/roles"
        params={{ serverId }}
        search={{}}
        className={classes.back}
        resetScroll={false}
      >
        <IconArrowLeft size={16} stroke={1.8} aria-hidden="true" />
        {words.back}
      </Link>
      <div className={classes.head}>
        <h2 className={configClasses.heading}>{printable(words.edit(role.name))}</h2>
        <code>{role.code}</code>
        <span className="quiet">{words.players(players)}</span>
      </div>
      {isGone && (
        <div className={classes.gone}>
          <StateMark tone="warn" label={words.deleted} quiet />
          <Button size="xs" variant="default" onClick={() => onChange({ ...draft, isGone: false })}>
            {words.restore}
          </Button>
        </div>
      )}
      <fieldset className={classes.fields} disabled={!mayChange || isGone}>
        <legend className="visually-hidden">{printable(words.edit(role.name))}</legend>
        <Panel>
          <div className={classes.pairs}>
            <TextInput
              label={words.name}
              autoComplete="off"
              maxLength={MAX_NAME}
              value={role.name}
              error={problems.name}
              onChange={(event) => set({ name: event.currentTarget.value })}
            />
            {number("level", words.level, undefined, words.levelHint)}
            <TextInput
              className={classes.whole}
              label={words.description}
              autoComplete="off"
              maxLength={MAX_DESCRIPTION}
              value={role.description ?? ""}
              onChange={(event) => set({ description: event.currentTarget.value || null })}
            />
            <Autocomplete
              label={words.color}
              description={words.colorHint}
              inputWrapperOrder={ORDER}
              data={colors}
              limit={200}
              maxDropdownHeight={240}
              value={role.color ?? ""}
              onChange={(color) => set({ color: color.replace(/[^A-Za-z]/g, "").slice(0, 40) || null })}
            />
            <NativeSelect
              label={words.gameMode}
              data={MODES}
              value={String(role.default_game_mode ?? "")}
              onChange={(event) => set({ default_game_mode: modeOf(event.currentTarget.value) })}
            />
          </div>
        </Panel>
        <h3 className={classes.heading}>{words.land}</h3>
        <Panel>
          <div className={classes.pairs}>
            {number("allowance", words.allowance, words.allowanceUnit)}
            {number("areas", words.areas)}
            <div className={classes.size}>
              {number("x", `${words.minSize}: ${words.axes.x}`, words.blocks)}
              {number("y", words.axes.y, words.blocks)}
              {number("z", words.axes.z, words.blocks)}
            </div>
          </div>
        </Panel>
        <h3 className={classes.heading}>{words.privileges}</h3>
        <Panel>
          <Switch
            className={classes.grant}
            label={words.autoGrant}
            description={role.code === ADMIN ? words.adminKeeps : undefined}
            disabled={role.code === ADMIN && role.auto_grant === true}
            checked={role.auto_grant === true}
            onChange={(event) => set({ auto_grant: event.currentTarget.checked })}
          />
          <Privileges
            known={known}
            held={role.privileges}
            hasAll={role.auto_grant === true}
            onChange={(privileges) => set({ privileges })}
          />
        </Panel>
      </fieldset>
      {mayChange && !isGone && (
        <div className={classes.buttons}>
          <Button variant="default" onClick={onCopy} disabled={Object.keys(problems).length > 0}>
            {words.copy}
          </Button>
          {role.code !== ADMIN && (
            <Button variant="default" onClick={() => onChange({ ...draft, isGone: true })}>
              {words.delete}
            </Button>
          )}
        </div>
      )}
      {Object.keys(problems).length > 0 && <p className={classes.wrong}>{serverConfig.wrong(1)}</p>}
    </div>
  );
}

function modeOf(value: string): GameRole["default_game_mode"] {
  return value === "0" || value === "1" || value === "2" || value === "3" ? (Number(value) as 0 | 1 | 2 | 3) : null;
}
