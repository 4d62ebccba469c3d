import { Button, Radio, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, type ReactNode, useState } from "react";
import type { Schema } from "../../api/client";
import { useInstallVersion } from "../../api/installedVersions";
import { FormError, fieldErrors } from "../../components/ui/FormError";
import { StateShape } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { formatBytes } from "../../lib/bytes";
import { formatNumber } from "../../lib/numbers";
import { newServer, adopt as words } from "../../text/newServer";
import classes from "./Adoption.module.css";
import { useAdoptServer, useCopyServer } from "./api/changes";
import forms from "./NewServerForm.module.css";
import { PortField, readPort } from "./PortField";
import { VersionField } from "./VersionField";

type Report = Schema["AdoptionReport"];

const MAX_NAME = 64;

/** It can be a server where it lies. */
export const canStay = (report: Report) => report.problems.length === 0;

/** A copy of it can be a server. */
export const canBeCopied = (report: Report) => report.data_path !== null && report.copy_problems.length === 0;

/** What lies in a folder, and what speaks against taking it over. */
export function AdoptionFound({ report }: { report: Report }) {
  const { facts } = words;
  return (
    <section className={forms.body} aria-labelledby="found">
      <h2 id="found" className={forms.heading}>
        {words.found}
      </h2>
      <dl className={forms.facts}>
        <Fact name={facts.kind}>{words.kinds[report.kind]}</Fact>
        {report.source !== null && <Fact name={facts.source}>{report.source}</Fact>}
        <Fact name={facts.version}>{report.version ?? words.unknown}</Fact>
        <Fact name={facts.name}>{report.server_name ?? words.unknown}</Fact>
        <Fact name={facts.port}>{report.port ?? words.unknown}</Fact>
        <Fact name={facts.worlds}>{report.worlds.length === 0 ? words.none : <Worlds worlds={report.worlds} />}</Fact>
        <Fact name={facts.mods}>{formatNumber(report.mods)}</Fact>
        <Fact name={facts.players}>{formatNumber(report.players_known)}</Fact>
      </dl>
      {report.is_running && <Notes tone="bad" notes={[words.running]} />}
      {report.problems.length > 0 && <Notes tone="bad" title={words.problems} notes={report.problems} />}
      {report.notes.length > 0 && <Notes tone="warn" notes={report.notes} />}
    </section>
  );
}

function Worlds({ worlds }: { worlds: Report["worlds"] }) {
  return (
    <ul className={classes.worlds}>
      {worlds.map((world) => (
        <li key={world.file}>
          <span className="mono">{world.file}</span>{" "}
          <span className="quiet">
            {formatBytes(world.size_bytes)}, {words.lastPlayed} <Time value={world.modified_at} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function Notes({ tone, title, notes }: { tone: "bad" | "warn"; title?: string; notes: readonly string[] }) {
  return (
    <div className={classes.notes} data-tone={tone} role={tone === "bad" ? "alert" : undefined}>
      {title && <strong>{title}</strong>}
      {notes.map((note) => (
        <p key={note} className={classes.note}>
          <StateShape tone={tone} size={16} />
          <span>{note}</span>
        </p>
      ))}
    </div>
  );
}

/** What has to be chosen, filled in with what was found. */
export function AdoptionForm({ report }: { report: Report }) {
  const [name, setName] = useState(report.server_name ?? "");
  const [version, setVersion] = useState(report.version ?? "");
  const [port, setPort] = useState(report.port === null ? "" : String(report.port));
  const [tried, setTried] = useState(false);
  const [way, setWay] = useState<"stay" | "copy">(canStay(report) ? "stay" : "copy");
  const adopt = useAdoptServer();
  const copy = useCopyServer();
  const navigate = useNavigate();
  const error = way === "copy" ? copy.error : adopt.error;
  const told = fieldErrors(error);
  const missing = {
    name: tried && name.trim() === "" ? newServer.nameMissing : undefined,
    version: tried && version === "" ? newServer.versionMissing : undefined,
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (name.trim() === "" || version === "" || readPort(port) === null) return;
    const wanted = { path: report.path, name: name.trim(), version, port: readPort(port) };
    if (way === "copy") {
      copy.mutate(wanted, {
        onSuccess: (run) => {
          notifications.show({ message: words.copyBegun });
          void navigate({ to: "/runs/$runId", params: { runId: run.id } });
        },
      });
      return;
    }
    adopt.mutate(wanted, {
      onSuccess: (server) => {
        notifications.show({ message: words.done(server.name) });
        void navigate({ to: "/servers/$serverId", params: { serverId: server.id } });
      },
    });
  };
  return (
    <form className={forms.body} onSubmit={submit} noValidate>
      {canBeCopied(report) && (
        <Radio.Group label={words.way} value={way} onChange={(chosen) => setWay(chosen === "copy" ? "copy" : "stay")}>
          <div className={classes.ways}>
            <Radio value="stay" label={words.stay} description={words.stayHint} disabled={!canStay(report)} />
            <Radio value="copy" label={words.copy} description={words.copyHint} />
          </div>
        </Radio.Group>
      )}
      <TextInput
        label={newServer.name}
        description={words.nameHint}
        autoComplete="off"
        maxLength={MAX_NAME}
        value={name}
        error={missing.name ?? told.name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <VersionField
        value={version}
        onChange={setVersion}
        error={missing.version ?? told.version}
        missingHint={report.kind === "both" && version === report.version ? words.versionCopied : undefined}
      />
      <PortField value={port} onChange={setPort} error={told.port} />
      <FormError error={error} />
      <div className={forms.buttons}>
        <Button type="submit" loading={adopt.isPending || copy.isPending}>
          {way === "copy" ? words.copyAction : words.takeOver}
        </Button>
      </div>
    </form>
  );
}

/** An installation without data is no server, but its version can be used by others. */
export function InstallOffer({ report }: { report: Report }) {
  const install = useInstallVersion({ isForm: true });
  const navigate = useNavigate();
  const copy = () =>
    install.mutate(
      { folder: report.path },
      {
        onSuccess: (run) => {
          notifications.show({ message: words.installBegun(report.version ?? words.unknown) });
          void navigate({ to: "/runs/$runId", params: { runId: run.id } });
        },
      },
    );
  return (
    <div className={forms.body}>
      <p className="quiet">{words.useInstallHint}</p>
      <FormError error={install.error} />
      <div className={forms.buttons}>
        <Button onClick={copy} loading={install.isPending}>
          {words.useInstall}
        </Button>
      </div>
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
