import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { Panel, Section } from "../../components/ui/Page";
import { useCan, useRole } from "../../session/me";
import { rules as words } from "../../text/backupRules";
import { backupSettingsQuery } from "./api/rules";
import { ServerBackupsNav } from "./BackupsNav";
import tabClasses from "./BackupsTab.module.css";
import { RetentionPreview } from "./RetentionPreview";
import { RulesForm } from "./RulesForm";
import classes from "./RulesTab.module.css";
import { areSameRules, draftOf, type RulesDraft, rulesOf } from "./rulesDraft";

type Server = Schema["ServerDetails"];

const TYPING_MS = 350;

/** Which backups of a server are kept, what is packed, and where copies go. */
export default function RulesTab({ server }: { server: Server }) {
  const settings = useQuery(backupSettingsQuery(server.id));
  return (
    <div className={tabClasses.tab}>
      <ServerBackupsNav serverId={server.id} />
      {settings.isPending && <LoadingState rows={12} />}
      {settings.isLoadingError && <ErrorState error={settings.error} onRetry={settings.refetch} />}
      {settings.data && <Rules server={server} settings={settings.data} />}
    </div>
  );
}

function Rules({ server, settings }: { server: Server; settings: Schema["BackupSettings"] }) {
  const can = useCan();
  const role = useRole();
  // Null until something is typed, so that what someone else changes shows.
  const [typed, setTyped] = useState<RulesDraft | null>(null);
  const written = rulesOf(typed ?? draftOf(settings), settings);
  const [asked] = useDebouncedValue(written ?? settings.retention, TYPING_MS);
  const isSaved = areSameRules(asked, settings.retention);
  const preview = can("operator") && (
    <div className={classes.beside}>
      <Section title={words.preview}>
        <RetentionPreview serverId={server.id} rules={asked} isSaved={isSaved && typed === null} />
      </Section>
    </div>
  );
  if (can("admin")) {
    return <RulesForm server={server} settings={settings} typed={typed} onType={setTyped} preview={preview} />;
  }
  return (
    <div className={classes.form}>
      <Section title={words.keep}>
        <Panel>
          <div className={classes.fields}>
            <p className={classes.plain}>{words.plain(settings.retention)}</p>
            <p className={tabClasses.hint}>{words.viewerHint(role)}</p>
          </div>
        </Panel>
      </Section>
      {preview}
    </div>
  );
}
