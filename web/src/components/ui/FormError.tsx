import { ApiError, ApiUnreachable } from "../../api/client";
import { errors } from "../../text/common";
import classes from "./FormError.module.css";
import { StateShape } from "./StateMark";

/** Why the form was not taken, above its button. Errors of single fields stand at the fields: see `fieldErrors`. */
export function FormError({ error }: { error: unknown }) {
  if (!error) return null;
  return (
    <div className={classes.error} role="alert">
      <StateShape tone="bad" size={16} />
      <span>{messageOf(error)}</span>
    </div>
  );
}

/** What to tell about an error in one or two sentences. */
export function messageOf(error: unknown): string {
  if (error instanceof ApiUnreachable) return `${errors.unreachableTitle}. ${errors.unreachableText}`;
  if (error instanceof ApiError && error.retryAfterSeconds) {
    return errors.withRetry(error.message, error.retryAfterSeconds);
  }
  return error instanceof ApiError ? error.message : errors.somethingWrong;
}

/** The errors of single fields, by the names of the API: `error={fieldErrors(mutation.error).name}`. */
export function fieldErrors(error: unknown): Readonly<Record<string, string>> {
  if (!(error instanceof ApiError)) return {};
  return Object.fromEntries(Object.entries(error.fields).map(([field, message]) => [field, asSentence(message)]));
}

function asSentence(message: string): string {
  return message.charAt(0).toUpperCase() + message.slice(1);
}
