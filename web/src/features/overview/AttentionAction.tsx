import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { ConfirmDialog } from "../../components/ui/ConfirmDialog";
import { useCan } from "../../session/me";
import { attentionActions as words } from "../../text/overview";
import { pageLinkLabel } from "../../text/pageLinks";
import { useResetSettings, useResumeJob, useRunJob } from "./api/actions";

interface AttentionActionProps {
  action: Schema["AttentionAction"];
  /** The first thing that needs someone stands out most. */
  isFirst: boolean;
}

/** The one thing to do about it, as far as the user's role goes. */
export function AttentionAction({ action, isFirst }: AttentionActionProps) {
  const can = useCan();
  const variant = isFirst ? "filled" : "default";
  if (action.kind === "page") {
    return <PageLink to={action.target} label={pageLinkLabel(action.target)} />;
  }
  if (action.kind === "reset_settings") return can("admin") ? <ResetSettings variant={variant} /> : null;
  if (!can("operator"))
    return <PageLink to={`/jobs/${action.target}`} label={pageLinkLabel(`/jobs/${action.target}`)} />;
  return action.kind === "run_job" ? (
    <RunJob jobId={action.target} variant={variant} />
  ) : (
    <ResumeJob jobId={action.target} variant={variant} />
  );
}

function PageLink({ to, label }: { to: string; label: string }) {
  return (
    <Button component={Link} to={to} variant="default">
      {label}
    </Button>
  );
}

function RunJob({ jobId, variant }: { jobId: string; variant: string }) {
  const run = useRunJob();
  return (
    <Button variant={variant} loading={run.isPending} onClick={() => run.mutate(jobId)}>
      {words.runJob}
    </Button>
  );
}

function ResumeJob({ jobId, variant }: { jobId: string; variant: string }) {
  const resume = useResumeJob();
  return (
    <Button variant={variant} loading={resume.isPending} onClick={() => resume.mutate(jobId)}>
      {words.resumeJob}
    </Button>
  );
}

function ResetSettings({ variant }: { variant: string }) {
  const [isAsking, setIsAsking] = useState(false);
  const reset = useResetSettings();
  return (
    <>
      <Button variant={variant} onClick={() => setIsAsking(true)}>
        {words.resetSettings}
      </Button>
      <ConfirmDialog
        opened={isAsking}
        onClose={() => setIsAsking(false)}
        title={words.resetTitle}
        confirmLabel={words.resetSettings}
        onConfirm={() => reset.mutateAsync()}
      >
        {words.resetLoss}
      </ConfirmDialog>
    </>
  );
}
