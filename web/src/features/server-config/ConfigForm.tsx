import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Schema } from "../../api/client";
import { type ConfigFile, configQuery, useDropWaiting } from "../../api/serverConfig";
import { EmptyState } from "../../components/ui/EmptyState";
import { ErrorState } from "../../components/ui/ErrorState";
import { LeaveGuard } from "../../components/ui/LeaveGuard";
import { LoadingState } from "../../components/ui/LoadingState";
import { Panel } from "../../components/ui/Page";
import { StateShape } from "../../components/ui/StateMark";
import { printable } from "../../lib/printable";
import { useCan, useRole } from "../../session/me";
import { configNav, waitingConfig, serverConfig as words } from "../../text/serverConfig";
import classes from "./Config.module.css";
import { type Field, inWords, keyOf, type View } from "./draft";
import { FieldRow } from "./FieldRow";
import { Filters } from "./Filters";
import { groupId, groupsOf, isFound } from "./groups";
import { SaveBar, SavedBar } from "./SaveBar";
import type { SettingsSearch } from "./search";
import { type Change, useConfigForm } from "./useConfigForm";
import { WaitingSection } from "./WaitingSection";

type Server = Schema["ServerDetails"];

interface ConfigFormProps {
  server: Server;
  file: ConfigFile;
  lead: string;
  search: SettingsSearch;
  onSearch: (search: SettingsSearch) => void;
  /** Which of the settings of the file are on this page. */
  holds: (field: Field) => boolean;
  /** Above the settings, once the file is known. */
  note?: (view: View) => ReactNode;
}

/** The settings of one configuration file, or those of them that belong together. */
export function ConfigForm(props: ConfigFormProps) {
  const config = useQuery(configQuery(props.server.id, props.file));
  return (
    <>
      <p className={classes.lead}>{props.lead}</p>
      {config.isPending && <LoadingState rows={16} />}
      {config.isLoadingError && <ErrorState error={config.error} onRetry={config.refetch} />}
      {config.data && <Known {...props} view={config.data} />}
    </>
  );
}

function Known(props: ConfigFormProps & { view: View }) {
  const { view, server } = props;
  if (view.problem !== null) return <Broken server={server} view={view} />;
  if (view.fields.length === 0) {
    return <EmptyState title={words.notThere}>{words.notThereText}</EmptyState>;
  }
  return <Fields {...props} />;
}

/** The reason, and where to mend it: nothing is shown that may be wrong. */
function Broken({ server, view }: { server: Server; view: View }) {
  const can = useCan();
  return (
    <section className={classes.broken} role="alert">
      <StateShape tone="bad" size={18} />
      <div>
        <h2 className={classes.brokenTitle}>{words.broken}</h2>
        <p className={classes.plain}>
          {typeof view.problem_line === "number" && `${words.brokenAt(view.problem_line)}: `}
          {printable(view.problem ?? "")}
        </p>
        <p className={classes.plain}>{words.brokenText}</p>
        {can("operator") && (
          <Link
            to="/servers/$serverId/config/text"
            params={{ serverId: server.id }}
            search={view.file === "servermagicnumbers" ? { file: view.file } : {}}
          >
            {words.mend}
          </Link>
        )}
      </div>
    </section>
  );
}

function Fields({ server, view, file, search, onSearch, holds, note }: ConfigFormProps & { view: View }) {
  const can = useCan();
  const role = useRole();
  const form = useConfigForm(server.id, view);
  const drop = useDropWaiting(server.id, file);
  const mayChange = can("operator");
  const members = view.fields.filter(holds);
  /** What needs an eye is shown whatever is looked for. */
  const isPressing = (field: Field) => form.isChanged(field) || form.errorOf(field) !== undefined;
  const isShown = (field: Field) =>
    isPressing(field) ||
    (isFound(field, search.q) &&
      (!search.changed || !form.isDefault(field) || form.waitingFor(field) !== undefined) &&
      (search.advanced ||
        search.changed ||
        search.q !== undefined ||
        (!field.is_advanced && field.takes_effect !== "never") ||
        form.waitingFor(field) !== undefined ||
        typeof field.problem === "string"));
  const shown = members.filter(isShown);
  const groups = groupsOf(shown);
  const onDrop = (path: readonly string[] | null) =>
    drop.mutate(path, { onSuccess: () => void notifications.show({ message: waitingConfig.dropped }) });
  const titleOf = (path: readonly string[]) =>
    view.fields.find((field) => keyOf(field.path) === keyOf(path))?.title ?? path.join(" › ");
  return (
    <form
      className={classes.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        form.submit();
      }}
    >
      {!mayChange && <p className={classes.lead}>{words.readOnly(role)}</p>}
      {!view.is_there && <p className={classes.inset}>{words.notThereText}</p>}
      {note?.(view)}
      <WaitingSection view={view} mayChange={mayChange} onDrop={onDrop} />
      <WaitingElsewhere server={server} view={view} />
      <Filters search={search} onSearch={onSearch} count={words.count(shown.length, members.length)} />
      <div className={classes.columns}>
        <GroupNav groups={groups.map(([group]) => group)} />
        <div className={classes.groups}>
          {groups.map(([group, fields]) => (
            <section key={group} className={classes.group} aria-labelledby={groupId(group)}>
              <h2 id={groupId(group)} className={classes.heading} tabIndex={-1}>
                {group}
              </h2>
              <Panel inset={false}>
                {fields.map((field) => (
                  <FieldRow
                    key={keyOf(field.path)}
                    field={field}
                    form={form}
                    view={view}
                    mayChange={mayChange}
                    onDrop={({ path }) => onDrop(path)}
                  />
                ))}
              </Panel>
            </section>
          ))}
          {shown.length === 0 && (
            <EmptyState
              title={words.nothing}
              action={
                <button type="button" className="text-button" onClick={() => onSearch({ advanced: true })}>
                  {words.showAll}
                </button>
              }
            >
              {words.nothingHint}
            </EmptyState>
          )}
          {file === "servermagicnumbers" || search.advanced ? <Unknown view={view} holds={search.q} /> : null}
        </div>
      </div>
      {mayChange && form.changes.length > 0 && (
        <SaveBar
          count={words.unsaved(form.changes.length)}
          changes={form.changes.map(inOneLine)}
          wrong={
            form.overtakenCount > 0
              ? words.conflicts(form.overtakenCount)
              : form.wrongCount > 0
                ? words.wrong(form.wrongCount)
                : null
          }
          error={form.error}
          isSaving={form.isSaving}
          isReady={!form.isUnreadable && form.overtakenCount === 0}
          onDiscard={form.discard}
        />
      )}
      {mayChange && form.changes.length === 0 && (
        <SavedBar outcomes={form.outcomes} titleOf={titleOf} onClose={form.forgetOutcomes} />
      )}
      <LeaveGuard isUnsaved={() => form.changes.length > 0} title={words.leaveTitle} confirmLabel={words.leave}>
        <p className={classes.plain}>{words.leaveText}</p>
        <ul className={classes.changes}>
          {form.changes.map((change) => (
            <li key={keyOf(change.field.path)}>{printable(inOneLine(change))}</li>
          ))}
        </ul>
      </LeaveGuard>
    </form>
  );
}

/** Of the other file, so that whoever looks for what waits finds it. */
function WaitingElsewhere({ server, view }: { server: Server; view: View }) {
  const others = server.config_pending - view.pending.length;
  if (others <= 0) return null;
  const isTuning = view.file === "servermagicnumbers";
  return (
    <p className={classes.plain}>
      {waitingConfig.elsewhere(others)}{" "}
      <Link
        to={isTuning ? "/servers/$serverId/config" : "/servers/$serverId/config/tuning"}
        params={{ serverId: server.id }}
      >
        {isTuning ? configNav.settings : configNav.tuning}
      </Link>
    </p>
  );
}

const inOneLine = ({ field, before, after }: Change) =>
  field.type === "secret"
    ? `${field.title}: ${after === words.secretUnset ? words.clears : waitingConfig.secret}`
    : words.change(field.title, before, after);

function GroupNav({ groups }: { groups: readonly string[] }) {
  return (
    <nav className={classes.nav} aria-label={words.groups}>
      {groups.map((group) => (
        <button
          key={group}
          type="button"
          className={classes.jump}
          onClick={() => {
            const heading = document.getElementById(groupId(group));
            heading?.scrollIntoView({ block: "start" });
            heading?.focus({ preventScroll: true });
          }}
        >
          {group}
        </button>
      ))}
    </nav>
  );
}

/** They are kept, so they are told of. */
function Unknown({ view, holds }: { view: View; holds: string | undefined }) {
  const sought = (holds ?? "").toLocaleLowerCase();
  const found = view.unknown.filter(({ path }) => path.join(" ").toLocaleLowerCase().includes(sought));
  if (found.length === 0) return null;
  return (
    <section className={classes.group}>
      <h2 className={classes.heading}>{words.unknownTitle}</h2>
      <p className={classes.lead}>{words.unknownText}</p>
      <Panel>
        <dl className={classes.unknown}>
          {found.map(({ path, value }) => (
            <div key={keyOf(path)}>
              <dt className="mono">{printable(path.join(" › "))}</dt>
              <dd>{printable(inWords(undefined, value))}</dd>
            </div>
          ))}
        </dl>
      </Panel>
    </section>
  );
}
