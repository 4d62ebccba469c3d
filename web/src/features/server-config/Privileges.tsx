import { Button, Checkbox, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { gameRoles as words } from "../../text/serverConfig";
import { groupedPrivileges } from "./privilegeGroups";
import classes from "./Roles.module.css";

interface PrivilegesProps {
  known: readonly Schema["Privilege"][];
  held: readonly string[];
  hasAll: boolean;
  onChange: (held: string[]) => void;
}

/** What a role may do, grouped and with what each means; those of mods by their codes. */
export function Privileges({ known, held, hasAll, onChange }: PrivilegesProps) {
  const codes = new Set(known.map(({ code }) => code));
  const ofMods = held.filter((code) => !codes.has(code));
  const toggle = (code: string, isOn: boolean) =>
    onChange(isOn ? [...held, code] : held.filter((other) => other !== code));
  return (
    <div className={classes.privileges}>
      {groupedPrivileges(known).map(([title, privileges]) => (
        <fieldset key={title} className={classes.privilegeGroup}>
          <legend>{title}</legend>
          <div className={classes.checks}>
            {privileges.map(({ code, text }) => (
              <Checkbox
                key={code}
                className={classes.check}
                label={
                  <>
                    {text} <code className={classes.code}>{code}</code>
                  </>
                }
                checked={hasAll || held.includes(code)}
                disabled={hasAll}
                onChange={(event) => toggle(code, event.currentTarget.checked)}
              />
            ))}
          </div>
        </fieldset>
      ))}
      <OfMods
        codes={ofMods}
        onAdd={(code) => !held.includes(code) && toggle(code, true)}
        onRemove={(code) => toggle(code, false)}
      />
    </div>
  );
}

interface OfModsProps {
  codes: readonly string[];
  onAdd: (code: string) => void;
  onRemove: (code: string) => void;
}

function OfMods({ codes, onAdd, onRemove }: OfModsProps) {
  const [code, setCode] = useState("");
  const isCode = /^[A-Za-z0-9_.:-]{1,60}$/.test(code);
  const add = () => {
    if (!isCode) return;
    onAdd(code);
    setCode("");
  };
  return (
    <div className={classes.ofMods}>
      <strong>{words.groups.mods}</strong>
      {codes.length > 0 && (
        <ul className={classes.modCodes}>
          {codes.map((held) => (
            <li key={held}>
              <code>{held}</code>
              <button
                type="button"
                className="text-button"
                aria-label={words.remove(held)}
                onClick={() => onRemove(held)}
              >
                {words.remove("").trim()}
              </button>
            </li>
          ))}
        </ul>
      )}
      <div className={classes.addCode}>
        <TextInput
          label={words.modPrivilege}
          description={words.modPrivilegeHint}
          autoComplete="off"
          spellCheck={false}
          value={code}
          error={code !== "" && !isCode ? words.modPrivilegeWrong : undefined}
          onChange={(event) => setCode(event.currentTarget.value.trim())}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            add();
          }}
        />
        <Button variant="default" disabled={!isCode} onClick={add}>
          {words.add}
        </Button>
      </div>
    </div>
  );
}
