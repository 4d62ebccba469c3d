import { useBlocker } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { ConfirmDialog } from "./ConfirmDialog";

interface LeaveGuardProps {
  /** Asked at the moment in which somebody is about to go. */
  isUnsaved: () => boolean;
  /** Going to another part of the same page loses it, too. */
  inPage?: boolean;
  title: string;
  confirmLabel: string;
  /** What would be lost. */
  children: ReactNode;
}

/** Asks before what was typed or changed is lost. */
export function LeaveGuard({ isUnsaved, inPage = false, title, confirmLabel, children }: LeaveGuardProps) {
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => isUnsaved() && (inPage || current.pathname !== next.pathname),
    enableBeforeUnload: isUnsaved,
    withResolver: true,
  });
  return (
    <ConfirmDialog
      opened={blocker.status === "blocked"}
      onClose={() => blocker.reset?.()}
      title={title}
      confirmLabel={confirmLabel}
      onConfirm={async () => blocker.proceed?.()}
    >
      {children}
    </ConfirmDialog>
  );
}
