import { Button, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { installedVersionsQuery } from "../../api/installedVersions";
import { FormError, fieldErrors } from "../../components/ui/FormError";
import { NeedsRole } from "../../components/ui/NeedsRole";
import { Page, Panel } from "../../components/ui/Page";
import { useCan, useMe } from "../../session/me";
import { newServer, adopt as words } from "../../text/newServer";
import { AdoptionForm, AdoptionFound, canBeCopied, canStay, InstallOffer } from "./Adoption";
import { useInspectFolder } from "./api/changes";
import classes from "./NewServerForm.module.css";

export default function AdoptServerPage() {
  const can = useCan();
  const { role } = useMe();
  return (
    <Page title={words.title} lead={words.lead} back={<Link to="/servers">{newServer.back}</Link>}>
      {can("admin") ? <Adopt /> : <NeedsRole needed="admin" own={role} />}
    </Page>
  );
}

/** A path, then what lies there, then the few things that have to be chosen. */
function Adopt() {
  const [path, setPath] = useState("");
  const [isMissing, setIsMissing] = useState(false);
  const inspect = useInspectFolder();
  const report = inspect.data;
  const installed = useQuery(installedVersionsQuery()).data?.items ?? [];
  const isInstalled = installed.some((item) => item.version === report?.version);
  const fieldError = isMissing ? words.pathMissing : fieldErrors(inspect.error).path;
  const look = (event: FormEvent) => {
    event.preventDefault();
    const isPath = path.trim().startsWith("/");
    setIsMissing(!isPath);
    if (isPath) inspect.mutate(path.trim());
  };
  return (
    <div className={classes.form}>
      <Panel>
        <form className={classes.body} onSubmit={look} noValidate>
          <TextInput
            label={words.path}
            description={words.pathHint}
            autoComplete="off"
            spellCheck={false}
            classNames={{ input: "mono" }}
            value={path}
            error={fieldError}
            onChange={(event) => {
              setPath(event.currentTarget.value);
              setIsMissing(false);
            }}
          />
          {!fieldError && <FormError error={inspect.error} />}
          <div className={classes.buttons}>
            <Button type="submit" variant={report ? "default" : "filled"} loading={inspect.isPending}>
              {words.inspect}
            </Button>
          </div>
        </form>
      </Panel>
      {report && (
        <Panel>
          <div className={classes.body}>
            <AdoptionFound report={report} />
            {report.kind === "install" && !isInstalled && <InstallOffer key={report.path} report={report} />}
            {!report.is_running && (canStay(report) || canBeCopied(report)) && (
              <AdoptionForm key={report.path} report={report} />
            )}
          </div>
        </Panel>
      )}
    </div>
  );
}
