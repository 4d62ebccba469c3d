import { Radio, TextInput } from "@mantine/core";
import type { Schema } from "../../api/client";
import { useCan } from "../../session/me";
import { restore as words } from "../../text/backups";
import dialogClasses from "./dialogs.module.css";
import classes from "./Restore.module.css";
import type { ChoiceErrors, RestoreChoice } from "./restoreChoice";

const MAX_NAME = 64;

interface RestoreIntoProps {
  choice: RestoreChoice;
  /** Undefined where the server of the backup is not there any more. */
  server: Schema["ServerView"] | undefined;
  errors: ChoiceErrors;
  onChange: (changes: Partial<RestoreChoice>) => void;
}

/** Onto the server that was backed up, or into a new one, which only admins make. */
export function RestoreInto({ choice, server, errors, onChange }: RestoreIntoProps) {
  const mayMakeServers = useCan(null)("admin");
  return (
    <div className={dialogClasses.body}>
      {server ? (
        <Radio.Group
          label={words.into}
          value={choice.into}
          onChange={(into) => onChange({ into: into === "new" ? into : "same" })}
        >
          <div className={dialogClasses.choices}>
            <Radio value="same" label={words.intoSame(server.name)} />
            <Radio
              value="new"
              label={words.intoNew}
              description={mayMakeServers ? words.intoNewHint : words.intoNewForAdmins}
              disabled={!mayMakeServers}
            />
          </div>
        </Radio.Group>
      ) : (
        <p className={dialogClasses.text}>{words.intoGone}</p>
      )}
      {choice.into === "new" && (
        <div className={classes.fields}>
          <TextInput
            label={words.name}
            autoComplete="off"
            maxLength={MAX_NAME}
            value={choice.name}
            error={errors.name}
            onChange={(event) => onChange({ name: event.currentTarget.value })}
          />
          <TextInput
            label={words.port}
            description={words.portHint}
            inputWrapperOrder={["label", "input", "description", "error"]}
            inputMode="numeric"
            autoComplete="off"
            value={choice.port}
            error={errors.port}
            onChange={(event) => onChange({ port: event.currentTarget.value })}
          />
        </div>
      )}
    </div>
  );
}
