import { Button } from "@mantine/core";
import { ApiError, ApiUnreachable } from "../../api/client";
import { common, errors } from "../../text/common";
import { messageOf } from "./FormError";
import { StateShape } from "./StateMark";
import classes from "./states.module.css";

/** What went wrong, what it means, what to do. `onRetry` is usually the query's `refetch`. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry?: () => unknown }) {
  const { title, text, code } = inWords(error);
  return (
    <div className={classes.state} role="alert">
      <div className={classes.head}>
        <StateShape tone={error instanceof ApiUnreachable ? "warn" : "bad"} size={18} />
        <h2 className={classes.title}>{title}</h2>
      </div>
      <p className={classes.text}>{text}</p>
      {code && <p className={classes.code}>{errors.reference(code)}</p>}
      {onRetry && (
        <Button variant="default" onClick={() => void onRetry()}>
          {common.tryAgain}
        </Button>
      )}
    </div>
  );
}

function inWords(error: unknown): { title: string; text: string; code?: string } {
  if (error instanceof ApiUnreachable) return { title: errors.unreachableTitle, text: errors.unreachableText };
  if (error instanceof ApiError) {
    return { title: titleOf(error.status), text: messageOf(error), code: error.code };
  }
  return { title: errors.crashTitle, text: errors.crashText };
}

function titleOf(status: number): string {
  if (status === 403) return errors.forbiddenTitle;
  if (status === 404) return errors.notFoundTitle;
  return errors.title;
}
