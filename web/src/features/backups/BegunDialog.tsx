import { Modal } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import { type ReactNode, useEffect, useRef } from "react";
import type { Schema } from "../../api/client";
import { RunOutcome } from "../../components/runs/RunOutcome";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { common } from "../../text/common";

interface BegunDialogProps {
  opened: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
}

/** For what begins as soon as its dialog is opened: it puts nothing at risk. */
export function BegunDialog({ opened, onClose, title, children }: BegunDialogProps) {
  const isMounted = useMounted();
  return (
    <Modal
      opened={opened && isMounted}
      onClose={onClose}
      title={title}
      size={560}
      closeButtonProps={{ "aria-label": common.close }}
    >
      {children}
    </Modal>
  );
}

interface BegunProps {
  /** The call that begins the run. */
  call: { data: Schema["Run"] | undefined; error: unknown; mutate: () => void };
  done: string;
  stopped: string;
  again: string;
  onClose: () => void;
}

export function Begun({ call, done, stopped, again, onClose }: BegunProps) {
  const begin = call.mutate;
  const hasBegun = useRef(false);
  useEffect(() => {
    if (hasBegun.current) return;
    hasBegun.current = true;
    begin();
  }, [begin]);
  if (call.error) return <ErrorState error={call.error} onRetry={begin} />;
  if (!call.data) return <LoadingState rows={2} />;
  return (
    <RunOutcome
      runId={call.data.id}
      done={() => done}
      stopped={stopped}
      onClose={onClose}
      onAgain={begin}
      again={again}
    />
  );
}
