import { useState } from "react";
import type { Schema } from "../../api/client";
import { useViewAs } from "../../session/viewAs";
import { users as words } from "../../text/access";
import classes from "./access.module.css";
import { DialogForm, FormDialog } from "./FormDialog";
import { RoleChoice } from "./RoleChoice";
import { ServerRoles } from "./ServerRoles";

/** Asks as which role to look at the manager. */
export function ViewAsRole({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <FormDialog opened={opened} onClose={onClose} title={words.viewAsTitle}>
      <ViewAsForm onCancel={onClose} />
    </FormDialog>
  );
}

function ViewAsForm({ onCancel }: { onCancel: () => void }) {
  const [role, setRole] = useState<Schema["Role"]>("viewer");
  const [serverRoles, setServerRoles] = useState<Schema["ServerRole"][]>([]);
  const view = useViewAs();
  return (
    <DialogForm
      onSubmit={() => view.mutate({ role, server_roles: serverRoles })}
      onCancel={onCancel}
      submitLabel={words.viewAsSubmit}
      isBusy={view.isPending}
      error={view.error}
    >
      <p className={classes.text}>{words.viewAsText}</p>
      <RoleChoice value={role} onChange={setRole} />
      <ServerRoles value={serverRoles} onChange={setServerRoles} />
    </DialogForm>
  );
}
