import { Button } from "@mantine/core";
import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { ApiError, ApiUnreachable } from "../api/client";
import { ErrorState } from "../components/ui/ErrorState";
import { Page } from "../components/ui/Page";
import { errors } from "../text/common";

/** In place of a page that failed. */
export function CrashedPage({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const isAnswer = error instanceof ApiError || error instanceof ApiUnreachable;
  const retry = async () => {
    await router.invalidate();
    reset();
  };
  return (
    <Page title={error instanceof ApiUnreachable ? errors.unreachableTitle : errors.crashTitle}>
      <ErrorState error={error} onRetry={isAnswer ? retry : undefined} />
      {!isAnswer && (
        <div>
          <Button onClick={() => window.location.reload()}>{errors.reload}</Button>
        </div>
      )}
    </Page>
  );
}
