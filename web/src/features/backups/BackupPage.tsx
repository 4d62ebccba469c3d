import { Button } from "@mantine/core";
import { IconDownload, IconPin, IconRestore, IconShieldCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { ApiError, type Schema } from "../../api/client";
import { serversQuery } from "../../api/servers";
import { CopyButton } from "../../components/ui/CopyButton";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { Page, Panel, Section } from "../../components/ui/Page";
import { StateMark, StateShape } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { formatBytes } from "../../lib/bytes";
import { printable } from "../../lib/printable";
import { exactTime, useNow } from "../../lib/time";
import { useCan } from "../../session/me";
import { backupKinds, backups as listWords, backupPage as words } from "../../text/backups";
import { backupQuery, downloadAddress } from "./api/backup";
import { BackupFiles } from "./BackupFiles";
import classes from "./BackupPage.module.css";
import { BackupMenu } from "./BackupTable";
import { canBeRestored, copyLines, lookOfBackup } from "./looks";
import { moment } from "./moment";
import { type BackupAct, useBackupActs } from "./useBackupActs";

type Details = Schema["BackupDetails"];

const route = getRouteApi("/frame/backups/$backupId");

/** One backup: whether it can be relied on, what is in it, and what can be done with it. */
export default function BackupPage() {
  const { backupId } = route.useParams();
  const backup = useQuery(backupQuery(backupId));
  const servers = useQuery(serversQuery()).data?.items;
  const navigate = useNavigate();
  const now = useNow(60);
  // Somebody, or a rule, has deleted it meanwhile.
  const isGone = backup.error instanceof ApiError && backup.error.status === 404;
  const known = isGone ? undefined : backup.data;
  const hasServer = known && servers?.some((server) => server.id === known.server_id);
  const toList = () =>
    known && hasServer
      ? navigate({ to: "/servers/$serverId/backups", params: { serverId: known.server_id } })
      : navigate({ to: "/backups" });
  const acts = useBackupActs({ onDeleted: () => void toList() });
  return (
    <Page
      title={known ? words.title(printable(known.server_name), moment(known.made_at, now)) : words.back}
      back={
        known && hasServer ? (
          <Link to="/servers/$serverId/backups" params={{ serverId: known.server_id }}>
            {words.of(printable(known.server_name))}
          </Link>
        ) : (
          <Link to="/backups">{words.back}</Link>
        )
      }
      actions={
        known && <Actions backup={known} when={moment(known.made_at, now)} onAct={(act) => acts.ask(act, known)} />
      }
    >
      {backup.isPending && <LoadingState rows={12} />}
      {(backup.isLoadingError || isGone) && <ErrorState error={backup.error} onRetry={backup.refetch} />}
      {known && <Backup backup={known} />}
      {acts.dialogs}
    </Page>
  );
}

const icon = { size: 16, stroke: 1.8, "aria-hidden": true } as const;

function Actions({ backup, when, onAct }: { backup: Details; when: string; onAct: (act: BackupAct) => void }) {
  const can = useCan(backup.server_id);
  if (!can("operator")) return null;
  return (
    <>
      {backup.is_there && (
        <>
          <Button
            variant="default"
            leftSection={<IconDownload {...icon} />}
            title={listWords.downloadHint}
            renderRoot={(props) => <a href={downloadAddress(backup.id)} download {...props} />}
          >
            {listWords.download}
          </Button>
          <Button variant="default" leftSection={<IconShieldCheck {...icon} />} onClick={() => onAct("verify")}>
            {listWords.verify}
          </Button>
        </>
      )}
      {canBeRestored(backup) && (
        <Button leftSection={<IconRestore {...icon} />} onClick={() => onAct("restore")}>
          {listWords.restore}
        </Button>
      )}
      <BackupMenu backup={backup} when={when} onAct={onAct} isShort={backup.is_there} />
    </>
  );
}

function Backup({ backup }: { backup: Details }) {
  const look = lookOfBackup(backup);
  return (
    <>
      {look.problem && (
        <p className={classes.problem} role="alert">
          <StateShape tone="bad" size={18} />
          <span>
            <strong>{look.label}.</strong> {printable(look.problem)}
          </span>
        </p>
      )}
      {(backup.pinned || backup.note) && (
        <p className={classes.note}>
          {backup.pinned && (
            <span className={classes.pin}>
              <IconPin size={16} stroke={2} aria-hidden="true" />
              {listWords.pinned}
            </span>
          )}
          {backup.note && <span>{printable(backup.note)}</span>}
        </p>
      )}
      <Section title={words.facts}>
        <Panel>
          <Facts backup={backup} />
        </Panel>
      </Section>
      {backup.notes.length > 0 && (
        <Section title={words.notes}>
          <ul className={classes.notes}>
            {backup.notes.map((note) => (
              <li key={note}>{printable(note)}</li>
            ))}
          </ul>
        </Section>
      )}
      <Section title={words.files}>
        <BackupFiles files={backup.files} />
      </Section>
    </>
  );
}

function Facts({ backup }: { backup: Details }) {
  const look = lookOfBackup(backup);
  const copies = copyLines(backup);
  return (
    <dl className={classes.facts}>
      <Fact name={words.made}>
        {exactTime(Date.parse(backup.made_at))}{" "}
        {backup.made_by && <span className="quiet">{listWords.by(printable(backup.made_by))}</span>}
      </Fact>
      <Fact name={words.why}>{backupKinds[backup.kind]}</Fact>
      <Fact name={words.state}>
        <StateMark tone={look.tone} label={look.label} quiet={look.tone === "ok"} />{" "}
        {backup.verified_at && <Time value={backup.verified_at} />}
      </Fact>
      <Fact name={words.size}>{formatBytes(backup.size_bytes)}</Fact>
      <Fact name={words.version}>{listWords.holds(backup.game_version, backup.mods)}</Fact>
      <Fact name={words.world}>
        <span className={backup.world_file ? "mono" : undefined}>{printable(backup.world_file ?? words.noWorld)}</span>
      </Fact>
      <Fact name={words.method}>{backup.method ? words.methods[backup.method] : words.noMethod}</Fact>
      <Fact name={words.durations}>
        {words.duration(backup.world_seconds, backup.pack_seconds, backup.check_seconds)}
      </Fact>
      <Fact name={words.copies}>
        {copies.length === 0 && words.noCopies}
        {copies.map((line) => (
          <span key={line.text} className={classes.copy}>
            <StateShape tone={line.tone} size={12} /> {printable(line.text)}
          </span>
        ))}
      </Fact>
      <Fact name={words.manager}>{printable(backup.manager_version)}</Fact>
      <Fact name={words.file}>
        <CopyButton text={backup.file_name} label={words.copyFile(backup.file_name)} />
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
