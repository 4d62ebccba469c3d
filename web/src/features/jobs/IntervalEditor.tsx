import { Button, Popover, UnstyledButton } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconPencil } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import type { Schema } from "../../api/client";
import { ConfirmDialog } from "../../components/ui/ConfirmDialog";
import { FormError, fieldErrors } from "../../components/ui/FormError";
import { IntervalInput } from "../../components/ui/IntervalInput";
import { readInterval, type WrittenInterval, writeInterval } from "../../lib/duration";
import { useCan } from "../../session/me";
import { common } from "../../text/common";
import { jobs as words } from "../../text/jobs";
import { useChangeInterval } from "./api/changes";
import classes from "./IntervalEditor.module.css";
import { intervalInWords, scheduleInWords } from "./schedule";

/** How often the job runs; who may change it does so where it stands. */
export function IntervalEditor({ job }: { job: Schema["JobView"] }) {
  const can = useCan();
  const schedule = scheduleInWords(job);
  if (job.trigger === "cron" || !can("admin")) return <span className={classes.fixed}>{schedule}</span>;
  return <EditableInterval job={job} schedule={schedule} />;
}

const USUAL_SECONDS = 3600;

function EditableInterval({ job, schedule }: { job: Schema["JobView"]; schedule: string }) {
  const before = job.interval_seconds ?? 0;
  const change = useChangeInterval(job.id);
  const [opened, setOpened] = useState(false);
  const [asksOff, setAsksOff] = useState(false);
  const [draft, setDraft] = useState<WrittenInterval>(() => writeInterval(before));
  const seconds = readInterval(draft);
  const fieldError = fieldErrors(change.error).interval_seconds;

  const open = () => {
    change.reset();
    setDraft(writeInterval(before || USUAL_SECONDS));
    setOpened(true);
  };
  const close = () => setOpened(false);
  const save = async (value: number) => {
    await change.mutateAsync(value);
    close();
    notifications.show({ message: words.interval.saved(job.title, intervalInWords(value), schedule) });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (seconds === null) return;
    if (seconds === before) close();
    else if (seconds === 0) askOff();
    else save(seconds).catch(() => undefined);
  };
  const askOff = () => {
    change.reset();
    close();
    setAsksOff(true);
  };

  return (
    <>
      <Popover
        opened={opened}
        onChange={setOpened}
        position="bottom-start"
        width={340}
        trapFocus
        hideDetached={false}
        returnFocus
        shadow="md"
        closeOnClickOutside={seconds === before}
        transitionProps={{ duration: 120 }}
      >
        <Popover.Target>
          <UnstyledButton
            className={classes.value}
            aria-label={words.interval.edit(job.title, schedule)}
            onClick={() => (opened ? close() : open())}
          >
            <span>{schedule}</span>
            <IconPencil size={14} stroke={1.6} aria-hidden="true" />
          </UnstyledButton>
        </Popover.Target>
        <Popover.Dropdown>
          <form className={classes.form} onSubmit={submit} noValidate>
            <IntervalInput
              label={words.interval.label}
              value={draft}
              onChange={(value) => {
                change.reset();
                setDraft(value);
              }}
              error={fieldError}
              zeroMeans={words.offInterval}
              autoFocus
            />
            {!fieldError && <FormError error={change.error} />}
            <div className={classes.buttons}>
              {before > 0 && (
                <Button variant="subtle" color="red" onClick={askOff} className={classes.off}>
                  {words.interval.turnOff}
                </Button>
              )}
              <Button variant="default" onClick={close}>
                {common.cancel}
              </Button>
              <Button type="submit" loading={change.isPending} disabled={seconds === null}>
                {words.interval.save}
              </Button>
            </div>
          </form>
        </Popover.Dropdown>
      </Popover>
      <ConfirmDialog
        opened={asksOff}
        onClose={() => setAsksOff(false)}
        title={words.off.title(job.title)}
        confirmLabel={words.off.confirm}
        onConfirm={() => save(0)}
      >
        <p className={classes.text}>{words.off.text(job.id)}</p>
        <p className={classes.text}>{words.off.byHand}</p>
      </ConfirmDialog>
    </>
  );
}
