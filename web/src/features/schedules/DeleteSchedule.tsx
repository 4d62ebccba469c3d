import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { ConfirmDialog } from "../../components/ui/ConfirmDialog";
import { removal, schedule as words } from "../../text/schedules";
import { useDeleteSchedule } from "./api/schedules";
import classes from "./dialogs.module.css";

/** Names what no longer happens. */
export function DeleteSchedule({ schedule, onDeleted }: { schedule: Schema["Schedule"]; onDeleted: () => unknown }) {
  const [asks, setAsks] = useState(false);
  const remove = useDeleteSchedule(schedule.id, onDeleted);
  return (
    <>
      <Button variant="subtle" color="red" onClick={() => setAsks(true)}>
        {words.remove}
      </Button>
      <ConfirmDialog
        opened={asks}
        onClose={() => setAsks(false)}
        title={removal.title(schedule.name)}
        confirmLabel={removal.confirm}
        onConfirm={async () => {
          await remove.mutateAsync();
          notifications.show({ message: removal.done(schedule.name) });
        }}
      >
        <p className={classes.text}>{removal.noLonger}</p>
        <p className={classes.told}>{schedule.sentence}</p>
        <p className={classes.quiet}>
          {schedule.is_running && removal.running} {removal.history}
        </p>
      </ConfirmDialog>
    </>
  );
}
