import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconRefresh } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { jobsQuery } from "../../api/jobs";
import { useRunJob } from "../../api/runJob";
import { gameVersions as words } from "../../text/gameVersions";

const JOB_ID = "server_versions_check";

/** Starts the job that fetches the list; while it runs, the way to look at it. */
export function CheckNow() {
  const jobs = useQuery(jobsQuery());
  const run = useRunJob();
  const running = jobs.data?.items.find((job) => job.id === JOB_ID)?.running;
  if (running) {
    return (
      <Button
        variant="default"
        renderRoot={(props) => <Link to="/runs/$runId" params={{ runId: running.id }} {...props} />}
      >
        {words.showCheck}
      </Button>
    );
  }
  const start = () => run.mutate(JOB_ID, { onSuccess: () => void notifications.show({ message: words.started }) });
  return (
    <Button
      leftSection={<IconRefresh size={16} stroke={1.8} aria-hidden="true" />}
      loading={run.isPending}
      onClick={start}
    >
      {words.check}
    </Button>
  );
}
