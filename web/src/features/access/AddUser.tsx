import { TextInput } from "@mantine/core";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { fieldErrors } from "../../components/ui/FormError";
import { users as words } from "../../text/access";
import { useAddUser } from "./api/users";
import { DialogForm, FormDialog } from "./FormDialog";
import { NewPasswordField } from "./NewPasswordField";
import { RoleChoice } from "./RoleChoice";
import { ServerRoles } from "./ServerRoles";

export function AddUser({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <FormDialog opened={opened} onClose={onClose} title={words.addTitle}>
      <AddUserForm onDone={onClose} />
    </FormDialog>
  );
}

function AddUserForm({ onDone }: { onDone: () => void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Schema["Role"]>("viewer");
  const [serverRoles, setServerRoles] = useState<Schema["ServerRole"][]>([]);
  const [password, setPassword] = useState("");
  const add = useAddUser();
  const errors = fieldErrors(add.error);
  return (
    <DialogForm
      onSubmit={() => add.mutate({ name, role, server_roles: serverRoles, password }, { onSuccess: onDone })}
      onCancel={onDone}
      submitLabel={words.addSubmit}
      isBusy={add.isPending}
      error={add.error}
    >
      <TextInput
        label={words.name}
        description={words.nameHint}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        required
        withAsterisk={false}
        maxLength={64}
        data-autofocus
        error={errors.name}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <NewPasswordField value={password} onChange={setPassword} error={errors.password} />
      <RoleChoice value={role} onChange={setRole} />
      <ServerRoles value={serverRoles} onChange={setServerRoles} />
    </DialogForm>
  );
}
