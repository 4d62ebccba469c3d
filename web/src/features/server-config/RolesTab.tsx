import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { ApiError, type Schema } from "../../api/client";
import { gameRolesQuery, useSaveGameRoles } from "../../api/serverConfig";
import { ConfirmDialog } from "../../components/ui/ConfirmDialog";
import { DataTable } from "../../components/ui/DataTable";
import { ErrorState } from "../../components/ui/ErrorState";
import { LeaveGuard } from "../../components/ui/LeaveGuard";
import { LoadingState } from "../../components/ui/LoadingState";
import { NoteList } from "../../components/ui/NoteList";
import { formatNumber } from "../../lib/numbers";
import { printable } from "../../lib/printable";
import { useCan, useRole } from "../../session/me";
import { serverConfig, gameRoles as words } from "../../text/serverConfig";
import configClasses from "./Config.module.css";
import { ConfigNav } from "./ConfigNav";
import { CopyRole } from "./CopyRole";
import { RoleEditor } from "./RoleEditor";
import classes from "./Roles.module.css";
import { RolesConflict } from "./RolesConflict";
import {
  changesOf,
  dangersOf,
  draftOfRole,
  draftOfRoles,
  mergeRoles,
  obstaclesOf,
  problemsOf,
  type RoleDraft,
  type RolesDraft,
  rolesOf,
} from "./rolesDraft";
import { SaveBar, SavedBar } from "./SaveBar";
import { Swatch } from "./Swatch";

type Server = Schema["ServerDetails"];
type GameRoles = Schema["GameRoles"];

const route = getRouteApi("/frame/servers/$serverId/config/roles");

/** What players may do in the game, by role. */
export default function RolesTab({ server }: { server: Server }) {
  const roles = useQuery(gameRolesQuery(server.id));
  return (
    <div className={configClasses.tab}>
      <ConfigNav serverId={server.id} />
      <p className={configClasses.lead}>{words.lead}</p>
      {roles.isPending && <LoadingState rows={14} />}
      {roles.isLoadingError && <ErrorState error={roles.error} onRetry={roles.refetch} />}
      {roles.data && <Roles server={server} newest={roles.data} />}
    </div>
  );
}

function Roles({ server, newest }: { server: Server; newest: GameRoles }) {
  const can = useCan();
  const ownRole = useRole();
  const { role: chosen } = route.useSearch();
  const navigate = route.useNavigate();
  // Null until something is changed, so that what someone else changes shows.
  const [typed, setTyped] = useState<{ draft: RolesDraft; before: GameRoles } | null>(null);
  const [copied, setCopied] = useState<RoleDraft | null>(null);
  const [asks, setAsks] = useState(false);
  const [outcomes, setOutcomes] = useState<readonly Schema["ChangeOutcome"][]>([]);
  const save = useSaveGameRoles(server.id);
  const mayChange = can("admin") && typeof newest.problem !== "string";

  const before = typed?.before ?? newest;
  const draft = typed?.draft ?? draftOfRoles(newest);
  const changes = typed ? changesOf(before, draft) : [];
  const dangers = changes.length > 0 ? dangersOf(before, draft) : [];
  const wrong = draft.roles.filter((one) => Object.keys(problemsOf(one)).length > 0).length;
  const obstacles = changes.length > 0 ? obstaclesOf(before, draft) : [];
  const isConflict = save.error instanceof ApiError && save.error.code === "changed_meanwhile";
  const open = draft.roles.find(({ role }) => role.code === chosen);

  const edit = (next: RolesDraft) => {
    if (save.isError) save.reset();
    setOutcomes([]);
    setTyped({ draft: next, before });
  };
  const editRole = (next: RoleDraft) =>
    edit({ ...draft, roles: draft.roles.map((one) => (one.role.code === next.role.code ? next : one)) });
  const discard = () => {
    save.reset();
    setTyped(null);
  };
  const saveThem = () =>
    save.mutateAsync({ etag: before.etag, roles: rolesOf(draft), default_role: draft.defaultRole }).then((changed) => {
      setOutcomes(changed.outcomes);
      setTyped(null);
    });
  const submit = () => {
    if (wrong > 0 || obstacles.length > 0 || save.isPending) return;
    if (dangers.length > 0) setAsks(true);
    else saveThem().catch(() => undefined);
  };
  const takeOver = (winner: "mine" | "theirs") => {
    save.reset();
    setTyped({ draft: mergeRoles(before, draft, newest, winner).draft, before: newest });
  };
  const add = (role: RoleDraft) => {
    edit({ ...draft, roles: [...draft.roles, role] });
    void navigate({ search: { role: role.role.code }, resetScroll: false });
  };

  return (
    <form
      className={configClasses.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {!can("admin") && <p className={configClasses.lead}>{words.readOnly(ownRole)}</p>}
      {typeof newest.problem === "string" && <NoteList tone="bad" title={words.problem} notes={[newest.problem]} />}
      {newest.is_pending && <p className={configClasses.inset}>{words.waiting}</p>}
      <div className={classes.columns} data-open={open !== undefined || undefined}>
        <div className={classes.list}>
          <NativeSelect
            label={words.defaultLabel}
            description={words.defaultHint}
            disabled={!mayChange}
            data={defaultChoices(draft)}
            value={draft.defaultRole}
            onChange={(event) => edit({ ...draft, defaultRole: event.currentTarget.value })}
          />
          <RoleTable serverId={server.id} draft={draft} players={newest.players} chosen={open?.role.code} />
        </div>
        <div className={classes.editor}>
          {open ? (
            <RoleEditor
              key={open.role.code}
              serverId={server.id}
              draft={open}
              known={newest.privileges}
              players={newest.players[open.role.code] ?? 0}
              mayChange={mayChange}
              onChange={editRole}
              onCopy={() => setCopied(open)}
            />
          ) : (
            <p className={configClasses.lead}>{words.choose}</p>
          )}
        </div>
      </div>
      {changes.length > 0 ? (
        <SaveBar
          count={words.unsaved(changes.length)}
          changes={changes}
          wrong={wrong > 0 ? serverConfig.wrong(wrong) : null}
          error={isConflict || asks ? null : save.error}
          isSaving={save.isPending}
          isReady={wrong === 0 && obstacles.length === 0 && !isConflict}
          onDiscard={discard}
        >
          {isConflict ? (
            <RolesConflict merge={mergeRoles(before, draft, newest, "mine")} onTake={takeOver} />
          ) : (
            <div className={classes.notes}>
              <NoteList tone="bad" title={words.obstacles} notes={obstacles} />
              <NoteList tone="warn" title={words.dangers} notes={dangers} />
            </div>
          )}
        </SaveBar>
      ) : (
        <SavedBar
          outcomes={outcomes}
          titleOf={([first]) => (first === "Roles" ? words.list : words.defaultLabel)}
          onClose={() => setOutcomes([])}
        />
      )}
      <ConfirmDialog
        opened={asks}
        onClose={() => setAsks(false)}
        title={words.confirmTitle}
        confirmLabel={words.confirm}
        onConfirm={saveThem}
      >
        <NoteList tone="warn" title={words.dangers} notes={dangers} />
      </ConfirmDialog>
      <CopyRole
        of={copied}
        taken={draft.roles.map(({ role }) => role.code)}
        onClose={() => setCopied(null)}
        onAdd={(role) => add(draftOfRole(role))}
      />
      <LeaveGuard isUnsaved={() => changes.length > 0} title={words.leaveTitle} confirmLabel={serverConfig.leave}>
        <p className={configClasses.plain}>{words.leaveText}</p>
        <ul className={configClasses.changes}>
          {changes.map((change) => (
            <li key={change}>{printable(change)}</li>
          ))}
        </ul>
      </LeaveGuard>
    </form>
  );
}

function defaultChoices({ roles, defaultRole }: RolesDraft) {
  const there = roles
    .filter((one) => !one.isGone)
    .map(({ role }) => ({ value: role.code, label: `${printable(role.name)} (${role.code})` }));
  return there.some(({ value }) => value === defaultRole)
    ? there
    : [...there, { value: defaultRole, label: defaultRole || serverConfig.unset }];
}

interface RoleTableProps {
  serverId: string;
  draft: RolesDraft;
  players: Readonly<Record<string, number>>;
  chosen: string | undefined;
}

function RoleTable({ serverId, draft, players, chosen }: RoleTableProps) {
  return (
    <DataTable label={words.list}>
      <thead>
        <tr>
          <th>{words.columns.role}</th>
          <th data-align="end">{words.columns.level}</th>
          <th data-align="end">{words.columns.privileges}</th>
          <th data-align="end">{words.columns.players}</th>
        </tr>
      </thead>
      <tbody>
        {draft.roles.map(({ role, numbers, isGone }) => (
          <tr key={role.code} data-chosen={role.code === chosen || undefined} className={classes.row}>
            <td data-width="fill">
              <Link
                to="/servers/$serverId/config/roles"
                params={{ serverId }}
                search={{ role: role.code }}
                className={classes.role}
                resetScroll={false}
                aria-current={role.code === chosen ? "true" : undefined}
              >
                <Swatch color={role.color} />
                <span className={classes.names} data-gone={isGone || undefined}>
                  <span>{printable(role.name)}</span> <code>{role.code}</code>
                </span>
                {role.code === draft.defaultRole && <span className={classes.badge}>{words.default}</span>}
              </Link>
            </td>
            <td data-align="end">{numbers.level}</td>
            <td data-align="end">{role.auto_grant ? words.all : formatNumber(role.privileges.length)}</td>
            <td data-align="end">{formatNumber(players[role.code] ?? 0)}</td>
          </tr>
        ))}
      </tbody>
    </DataTable>
  );
}
