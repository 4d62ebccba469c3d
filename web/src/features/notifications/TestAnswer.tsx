import type { Schema } from "../../api/client";
import { messageOf } from "../../components/ui/FormError";
import { StateShape } from "../../components/ui/StateMark";
import { printable } from "../../lib/printable";
import { targets as words } from "../../text/notifications";
import classes from "./Targets.module.css";

interface TestAnswerProps {
  test: { data: Schema["TestResult"] | undefined; error: unknown; isPending: boolean };
}

/** What the service said to a test, in words. */
export function TestAnswer({ test }: TestAnswerProps) {
  const { data, error, isPending } = test;
  const isOk = data?.ok === true && !error;
  const said = error ? messageOf(error) : data && `${printable(data.message)} (${words.took(data.seconds)})`;
  return (
    <div role="status">
      {!isPending && said && (
        <p className={classes.answer} data-tone={isOk ? "ok" : "bad"}>
          <StateShape tone={isOk ? "ok" : "bad"} />
          <span>{said}</span>
        </p>
      )}
    </div>
  );
}
