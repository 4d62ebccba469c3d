import { Button, Modal, Textarea } from "@mantine/core";
import { type FormEvent, useState } from "react";
import type { Schema } from "../../api/client";
import { FormError, fieldErrors } from "../../components/ui/FormError";
import { common } from "../../text/common";
import { jobs as words } from "../../text/jobs";
import { usePauseJob } from "./api/changes";
import classes from "./IntervalEditor.module.css";

const MAX_REASON = 500;

export function PauseDialog({ job, onClose }: { job: Schema["JobView"]; onClose: () => void }) {
  const [reason, setReason] = useState("");
  const [isMissing, setIsMissing] = useState(false);
  const pause = usePauseJob(job.id);
  const fieldError = isMissing ? words.pauseReasonMissing : fieldErrors(pause.error).reason;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setIsMissing(reason.trim() === "");
    if (reason.trim() !== "") pause.mutate(reason.trim(), { onSuccess: onClose });
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={words.pauseTitle(job.title)}
      closeButtonProps={{ "aria-label": common.close }}
    >
      <form className={classes.form} onSubmit={submit} noValidate>
        <p className={classes.text}>{words.pauseText}</p>
        <Textarea
          label={words.pauseReason}
          description={words.pauseReasonHint}
          value={reason}
          onChange={(event) => {
            setReason(event.currentTarget.value);
            setIsMissing(false);
          }}
          error={fieldError}
          maxLength={MAX_REASON}
          rows={3}
          data-autofocus
        />
        {!fieldError && <FormError error={pause.error} />}
        <div className={classes.buttons}>
          <Button variant="default" onClick={onClose}>
            {common.cancel}
          </Button>
          <Button type="submit" loading={pause.isPending}>
            {words.pause}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
