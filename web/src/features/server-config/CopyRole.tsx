import { TextInput } from "@mantine/core";
import { useState } from "react";
import { ConfirmDialog } from "../../components/ui/ConfirmDialog";
import { printable } from "../../lib/printable";
import { gameRoles as words } from "../../text/serverConfig";
import configClasses from "./Config.module.css";
import { type GameRole, type RoleDraft, roleOf } from "./rolesDraft";

const MAX_NAME = 80;

interface CopyRoleProps {
  /** Whose copy is made; null while none is. */
  of: RoleDraft | null;
  taken: readonly string[];
  onClose: () => void;
  onAdd: (role: GameRole) => void;
}

/** A new role begins as a copy of another, so that nothing is forgotten. */
export function CopyRole({ of, taken, onClose, onAdd }: CopyRoleProps) {
  const [name, setName] = useState("");
  const [code, setCode] = useState("");
  const isTaken = taken.some((other) => other.toLowerCase() === code.toLowerCase());
  const isCode = /^[A-Za-z0-9_-]{1,40}$/.test(code);
  const close = () => {
    setName("");
    setCode("");
    onClose();
  };
  return (
    <ConfirmDialog
      opened={of !== null}
      onClose={close}
      harmless
      title={of ? words.copyTitle(printable(of.role.name)) : ""}
      confirmLabel={words.copyConfirm}
      isReady={isCode && !isTaken && name.trim() !== ""}
      onConfirm={async () => {
        if (of) onAdd({ ...roleOf(of), code, name: name.trim() });
      }}
    >
      <p className={configClasses.plain}>{words.copyText}</p>
      <TextInput
        label={words.name}
        autoComplete="off"
        maxLength={MAX_NAME}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label={words.code}
        description={words.codeHint}
        autoComplete="off"
        spellCheck={false}
        value={code}
        error={isTaken ? words.codeTaken : code !== "" && !isCode ? words.codeWrong : undefined}
        onChange={(event) => setCode(event.currentTarget.value)}
      />
    </ConfirmDialog>
  );
}
