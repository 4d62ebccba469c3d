import { Button, Textarea } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { FileChooser } from "../../components/ui/FileChooser";
import { FormError, fieldErrors } from "../../components/ui/FormError";
import { NeedsRole } from "../../components/ui/NeedsRole";
import { Page, Panel } from "../../components/ui/Page";
import { useCan, useMe } from "../../session/me";
import { definitions as words } from "../../text/definitions";
import { useApplyDefinition, usePlanDefinition } from "./api/definitions";
import classes from "./FromFilePage.module.css";
import { PlanShown } from "./PlanShown";

const MOST_CHARACTERS = 1_000_000;

export default function FromFilePage() {
  const can = useCan();
  const { role } = useMe();
  return (
    <Page title={words.title} lead={words.lead} back={<Link to="/servers">{words.back}</Link>}>
      {can("admin") ? <FromFile /> : <NeedsRole needed="admin" own={role} />}
    </Page>
  );
}

/** A text, then the plan for it, then its run. Another text makes the plan one of the past. */
function FromFile() {
  const [text, setText] = useState("");
  const [isTooLarge, setIsTooLarge] = useState(false);
  const plan = usePlanDefinition();
  const apply = useApplyDefinition();
  const navigate = useNavigate();
  const change = (next: string) => {
    setText(next);
    setIsTooLarge(false);
    plan.reset();
    apply.reset();
  };
  const read = async (file: File | null) => {
    if (!file) return;
    if (file.size > MOST_CHARACTERS) setIsTooLarge(true);
    else change(await file.text());
  };
  const look = (event: FormEvent) => {
    event.preventDefault();
    apply.reset();
    plan.mutate(text);
  };
  const begin = (digest: string) =>
    apply.mutate(
      { yaml: text, digest },
      {
        onSuccess: (run) => {
          notifications.show({ message: words.begun });
          void navigate({ to: "/runs/$runId", params: { runId: run.id } });
        },
      },
    );
  const problems = Object.values(fieldErrors(plan.error));
  return (
    <div className={classes.parts}>
      <Panel>
        <form className={classes.body} onSubmit={look} noValidate>
          <div>
            <FileChooser accept=".yaml,.yml,.txt,application/yaml,text/plain" onChange={(file) => void read(file)}>
              {(props) => (
                <Button variant="default" {...props}>
                  {words.file}
                </Button>
              )}
            </FileChooser>
          </div>
          <Textarea
            label={words.text}
            description={words.textHint}
            classNames={{ input: "mono" }}
            value={text}
            rows={14}
            maxLength={MOST_CHARACTERS}
            spellCheck={false}
            error={isTooLarge ? words.tooLarge : problems.length > 0 ? <Problems problems={problems} /> : undefined}
            onChange={(event) => change(event.currentTarget.value)}
          />
          {problems.length === 0 && <FormError error={plan.error} />}
          <div className={classes.buttons}>
            <Button
              type="submit"
              variant={plan.data ? "default" : "filled"}
              loading={plan.isPending}
              disabled={text.trim() === ""}
            >
              {words.look}
            </Button>
          </div>
        </form>
      </Panel>
      {plan.data && (
        <Panel>
          <div className={classes.body}>
            <PlanShown plan={plan.data} />
            <FormError error={apply.error} />
            {plan.data.can_be_applied && plan.data.has_changes && (
              <div className={classes.buttons}>
                <Button loading={apply.isPending} onClick={() => plan.data && begin(plan.data.digest)}>
                  {plan.data.creates ? words.create : words.apply}
                </Button>
              </div>
            )}
          </div>
        </Panel>
      )}
    </div>
  );
}

function Problems({ problems }: { problems: readonly string[] }) {
  return (
    <>
      {problems.map((problem) => (
        <span key={problem} className={classes.problem}>
          {problem}
        </span>
      ))}
    </>
  );
}
