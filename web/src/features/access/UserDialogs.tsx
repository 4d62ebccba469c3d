import { useState } from "react";
import type { Schema } from "../../api/client";
import { ConfirmDialog } from "../../components/ui/ConfirmDialog";
import { fieldErrors } from "../../components/ui/FormError";
import { useMe } from "../../session/me";
import { users as words } from "../../text/access";
import classes from "./access.module.css";
import { useChangeUser, useDeleteUser, useEndUserSessions, useResetSecondFactor, useSetPassword } from "./api/users";
import { DialogForm, FormDialog } from "./FormDialog";
import { NewPasswordField } from "./NewPasswordField";
import { RoleChoice } from "./RoleChoice";
import { ServerRoles } from "./ServerRoles";

type User = Schema["User"];

export type UserAct = "role" | "password" | "resetSecondFactor" | "signOut" | "disable" | "enable" | "delete";

interface UserDialogsProps {
  act: UserAct;
  user: User;
  opened: boolean;
  onClose: () => void;
}

/** What is asked before something is done with a user. */
export function UserDialogs({ act, user, opened, onClose }: UserDialogsProps) {
  const me = useMe();
  const change = useChangeUser();
  const remove = useDeleteUser();
  const endSessions = useEndUserSessions();
  const resetSecondFactor = useResetSecondFactor();
  const common = { opened, onClose };
  const { id, name } = user;
  const own = id === me.id && <p className={classes.text}>{words.own}</p>;
  switch (act) {
    case "role":
      return (
        <FormDialog {...common} title={words.roleTitle(name)}>
          <RoleForm user={user} isMe={id === me.id} onDone={onClose} />
        </FormDialog>
      );
    case "password":
      return (
        <FormDialog {...common} title={words.passwordTitle(name)}>
          <PasswordForm user={user} onDone={onClose} />
        </FormDialog>
      );
    case "resetSecondFactor":
      return (
        <ConfirmDialog
          {...common}
          title={words.resetSecondFactorTitle(name)}
          confirmLabel={words.resetSecondFactorConfirm}
          onConfirm={() => resetSecondFactor.mutateAsync(id)}
        >
          <p className={classes.text}>{words.resetSecondFactorLost(name)}</p>
        </ConfirmDialog>
      );
    case "signOut":
      return (
        <ConfirmDialog
          {...common}
          title={words.signOutTitle(name)}
          confirmLabel={words.signOutConfirm(name)}
          onConfirm={() => endSessions.mutateAsync(id)}
        >
          {own}
          <p className={classes.text}>{words.signOutLost(name)}</p>
        </ConfirmDialog>
      );
    case "disable":
      return (
        <ConfirmDialog
          {...common}
          title={words.disableTitle(name)}
          confirmLabel={words.disableConfirm(name)}
          onConfirm={() => change.mutateAsync({ id, is_disabled: true })}
        >
          {own}
          <p className={classes.text}>{words.disableLost(name)}</p>
        </ConfirmDialog>
      );
    case "enable":
      return (
        <ConfirmDialog
          {...common}
          harmless
          title={words.enableTitle(name)}
          confirmLabel={words.enableConfirm(name)}
          onConfirm={() => change.mutateAsync({ id, is_disabled: false })}
        >
          <p className={classes.text}>{words.enableText(name)}</p>
        </ConfirmDialog>
      );
    case "delete":
      return (
        <ConfirmDialog
          {...common}
          title={words.deleteTitle(name)}
          confirmLabel={words.deleteConfirm(name)}
          onConfirm={() => remove.mutateAsync(id)}
        >
          {own}
          <p className={classes.text}>{words.deleteLost(name)}</p>
        </ConfirmDialog>
      );
  }
}

function RoleForm({ user, isMe, onDone }: { user: User; isMe: boolean; onDone: () => void }) {
  const [role, setRole] = useState(user.role);
  const [serverRoles, setServerRoles] = useState(user.server_roles);
  const change = useChangeUser();
  return (
    <DialogForm
      onSubmit={() => change.mutate({ id: user.id, role, server_roles: serverRoles }, { onSuccess: onDone })}
      onCancel={onDone}
      submitLabel={role === "none" || serverRoles.length > 0 ? words.rolesSubmit : words.roleSubmit(role)}
      isBusy={change.isPending}
      error={change.error}
    >
      <RoleChoice value={role} onChange={setRole} />
      <ServerRoles value={serverRoles} onChange={setServerRoles} />
      {isMe && role !== "admin" && <p className={classes.text}>{words.roleOwn}</p>}
    </DialogForm>
  );
}

function PasswordForm({ user, onDone }: { user: User; onDone: () => void }) {
  const [password, setPassword] = useState("");
  const set = useSetPassword();
  return (
    <DialogForm
      onSubmit={() => set.mutate({ id: user.id, password }, { onSuccess: onDone })}
      onCancel={onDone}
      submitLabel={words.passwordSubmit}
      isBusy={set.isPending}
      error={set.error}
    >
      <p className={classes.text}>{words.passwordLost(user.name)}</p>
      <NewPasswordField value={password} onChange={setPassword} error={fieldErrors(set.error).password} />
    </DialogForm>
  );
}
