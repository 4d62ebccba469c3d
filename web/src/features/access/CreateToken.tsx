import { Button, Modal, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { fieldErrors } from "../../components/ui/FormError";
import { StateShape } from "../../components/ui/StateMark";
import { tokens as words } from "../../text/access";
import { common } from "../../text/common";
import classes from "./access.module.css";
import { useCreateToken } from "./api/tokens";
import { CopyField } from "./CopyField";
import { DialogForm } from "./FormDialog";
import { RoleChoice } from "./RoleChoice";
import { ServerRoles } from "./ServerRoles";

/** Asks for name and role, then shows the secret. That part closes by its button only: there is no second time. */
export function CreateToken({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const [created, setCreated] = useState<Schema["CreatedToken"] | null>(null);
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={created ? words.secretTitle(created.name) : words.createTitle}
      withCloseButton={!created}
      closeOnEscape={!created}
      closeOnClickOutside={!created}
      closeButtonProps={{ "aria-label": common.close }}
      onExitTransitionEnd={() => setCreated(null)}
    >
      {created ? (
        <Secret token={created} onKept={onClose} />
      ) : (
        <CreateTokenForm onCreated={setCreated} onCancel={onClose} />
      )}
    </Modal>
  );
}

function CreateTokenForm({
  onCreated,
  onCancel,
}: {
  onCreated: (token: Schema["CreatedToken"]) => void;
  onCancel: () => void;
}) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Schema["Role"]>("viewer");
  const [serverRoles, setServerRoles] = useState<Schema["ServerRole"][]>([]);
  const create = useCreateToken();
  return (
    <DialogForm
      onSubmit={() => create.mutate({ name, role, server_roles: serverRoles }, { onSuccess: onCreated })}
      onCancel={onCancel}
      submitLabel={words.createSubmit}
      isBusy={create.isPending}
      error={create.error}
    >
      <TextInput
        label={words.name}
        description={words.nameHint}
        autoComplete="off"
        spellCheck={false}
        required
        withAsterisk={false}
        data-autofocus
        error={fieldErrors(create.error).name}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <RoleChoice value={role} onChange={setRole} />
      <ServerRoles value={serverRoles} onChange={setServerRoles} />
    </DialogForm>
  );
}

function Secret({ token, onKept }: { token: Schema["CreatedToken"]; onKept: () => void }) {
  return (
    <div className={classes.form}>
      <p className={classes.once}>
        <StateShape tone="warn" size={16} />
        <strong>{words.secretOnce}</strong>
      </p>
      <CopyField label={words.secretLabel} value={token.token} />
      <p className={classes.text}>{words.secretWhy}</p>
      <div className={classes.buttons}>
        <Button onClick={onKept}>{words.secretKept}</Button>
      </div>
    </div>
  );
}
