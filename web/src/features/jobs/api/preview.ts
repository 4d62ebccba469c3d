import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

/** The next times at which a job is due. */
export const jobPreviewQuery = (jobId: string, count: number) =>
  queryOptions({
    queryKey: keys.jobPreview(jobId, count),
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/v1/jobs/{job_id}/preview", { params: { path: { job_id: jobId }, query: { count } }, signal }),
      ),
  });
