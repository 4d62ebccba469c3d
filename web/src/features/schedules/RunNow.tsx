import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { ConfirmDialog } from "../../components/ui/ConfirmDialog";
import { schedules as words } from "../../text/schedules";
import { useRunSchedule } from "./api/schedules";
import classes from "./schedules.module.css";

/** Asks first, for its steps may send players away. */
export function RunNow({ schedule, isQuiet = false }: { schedule: Schema["Schedule"]; isQuiet?: boolean }) {
  const [asks, setAsks] = useState(false);
  const run = useRunSchedule(schedule.id);
  return (
    <>
      <Button
        variant="default"
        size={isQuiet ? "xs" : "sm"}
        leftSection={<IconPlayerPlay size={isQuiet ? 14 : 16} stroke={1.8} aria-hidden="true" />}
        disabled={schedule.is_running}
        aria-label={isQuiet ? words.runThis(schedule.name) : undefined}
        onClick={() => setAsks(true)}
      >
        {words.run}
      </Button>
      <ConfirmDialog
        opened={asks}
        onClose={() => setAsks(false)}
        title={words.runTitle(schedule.name)}
        confirmLabel={words.runConfirm}
        harmless
        onConfirm={async () => {
          await run.mutateAsync();
          notifications.show({ message: words.started(schedule.name) });
        }}
      >
        <p className={classes.text}>{words.runText}</p>
        <p className={classes.told}>{schedule.sentence}</p>
      </ConfirmDialog>
    </>
  );
}
