import { Modal } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { SignInForm } from "../../features/session/SignInForm";
import { signIn as words } from "../../text/session";
import classes from "./SignInDialog.module.css";

interface SignInDialogProps {
  isOpen: boolean;
  knownName: string;
  onSignedIn: (session: Schema["SessionInfo"]) => void;
}

export default function SignInDialog({ isOpen, knownName, onSignedIn }: SignInDialogProps) {
  return (
    <Modal
      opened={isOpen}
      onClose={() => undefined}
      title={words.endedTitle}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      size={400}
    >
      <div className={classes.body}>
        <p className={classes.text}>{words.endedText}</p>
        <SignInForm knownName={knownName} onSignedIn={onSignedIn} />
        <Link to="/sign-in" reloadDocument className={classes.leave}>
          {words.leave}
        </Link>
      </div>
    </Modal>
  );
}
