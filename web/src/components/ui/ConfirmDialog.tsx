import { Button, Modal } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import { type ReactNode, useState } from "react";
import { common } from "../../text/common";
import classes from "./ConfirmDialog.module.css";
import { FormError } from "./FormError";

interface ConfirmDialogProps {
  opened: boolean;
  onClose: () => void;
  /** A question in plain words: "Delete the user Anna?" */
  title: string;
  /** What will be lost, and what stays. */
  children: ReactNode;
  /** The act itself, never "OK": "Delete Anna". */
  confirmLabel: string;
  /** The dialog closes when this is done, and stays with the error when it fails. */
  onConfirm: () => Promise<unknown>;
  /** Nothing is lost: an ordinary button instead of a red one. */
  harmless?: boolean;
  /** False while something in the dialog is still to be done before the act. */
  isReady?: boolean;
}

export function ConfirmDialog(props: ConfirmDialogProps) {
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  // Only a dialog that was there before it opened gives the focus back.
  const isMounted = useMounted();
  const close = () => {
    setError(null);
    props.onClose();
  };
  const confirm = async () => {
    setBusy(true);
    setError(null);
    try {
      await props.onConfirm();
      close();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal
      opened={props.opened && isMounted}
      onClose={close}
      title={props.title}
      closeButtonProps={{ "aria-label": common.close }}
    >
      <div className={classes.body}>
        {props.children}
        <FormError error={error} />
        <div className={classes.buttons}>
          <Button variant="default" onClick={close} data-autofocus>
            {common.cancel}
          </Button>
          <Button
            color={props.harmless ? undefined : "red"}
            loading={busy}
            disabled={props.isReady === false}
            onClick={() => void confirm()}
          >
            {props.confirmLabel}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
