import { Button, CloseButton } from "@mantine/core";
import { FormError } from "../../components/ui/FormError";
import { StateMark } from "../../components/ui/StateMark";
import { common } from "../../text/common";
import { settings as words } from "../../text/settings";
import { ChangeList } from "./ChangeList";
import classes from "./SaveBar.module.css";
import type { SettingsForm } from "./useSettingsForm";

/** At the foot of the window while something is unsaved: what would change, and the button. Afterwards: what has changed. */
export function SaveBar({ form }: { form: SettingsForm }) {
  const wrong = form.unreadable.length + form.refusedCount;
  if (form.changes.length === 0) {
    return (
      <div role="status" className={classes.place}>
        {form.saved.length > 0 && (
          <div className={`${classes.bar} ${classes.saved}`}>
            <div className={classes.changes}>
              <StateMark tone="ok" label={words.saved} />
              <ChangeList changes={form.saved} />
            </div>
            <CloseButton aria-label={common.close} onClick={form.forgetSaved} />
          </div>
        )}
      </div>
    );
  }
  return (
    <div className={classes.bar}>
      <div className={classes.changes}>
        <p className={classes.count}>{words.unsaved(form.changes.length)}</p>
        <ChangeList changes={form.changes} />
      </div>
      {wrong > 0 ? <p className={classes.wrong}>{words.fieldsWrong(wrong)}</p> : <FormError error={form.error} />}
      <div className={classes.buttons}>
        <Button variant="default" onClick={form.discard}>
          {words.discard}
        </Button>
        <Button type="submit" loading={form.isSaving} disabled={form.unreadable.length > 0}>
          {words.save}
        </Button>
      </div>
    </div>
  );
}
