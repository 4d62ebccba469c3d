import { Button, Modal } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import type { FormEvent, ReactNode } from "react";
import { FormError } from "../../components/ui/FormError";
import { access as words } from "../../text/access";
import { common } from "../../text/common";
import classes from "./access.module.css";

interface FormDialogProps {
  opened: boolean;
  onClose: () => void;
  title: string;
  /** Mounted anew each time the dialog opens, so that each time begins with empty fields. */
  children: ReactNode;
}

export function FormDialog({ opened, onClose, title, children }: FormDialogProps) {
  // Only a dialog that was there before it opened gives the focus back.
  const isMounted = useMounted();
  return (
    <Modal
      opened={opened && isMounted}
      onClose={onClose}
      title={title}
      closeButtonProps={{ "aria-label": common.close }}
    >
      {children}
    </Modal>
  );
}

interface DialogFormProps {
  onSubmit: () => void;
  onCancel: () => void;
  submitLabel: string;
  isBusy: boolean;
  error: unknown;
  children: ReactNode;
}

export function DialogForm({ onSubmit, onCancel, submitLabel, isBusy, error, children }: DialogFormProps) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      {children}
      <FormError error={error} />
      <div className={classes.buttons}>
        <Button variant="default" onClick={onCancel}>
          {words.cancel}
        </Button>
        <Button type="submit" loading={isBusy}>
          {submitLabel}
        </Button>
      </div>
    </form>
  );
}
