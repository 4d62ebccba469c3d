import { Button, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconPlus, IconRefresh, IconSearch, IconUpload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useDeferredValue, useMemo, useState } from "react";
import type { Schema } from "../../api/client";
import { type ModChange, serverModsQuery } from "../../api/serverMods";
import { usePlanDialog } from "../../components/mods/usePlanDialog";
import { EmptyState } from "../../components/ui/EmptyState";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { Time } from "../../components/ui/Time";
import { formatNumber } from "../../lib/numbers";
import { useCan, useRole } from "../../session/me";
import { plan as planWords, serverMods as words } from "../../text/serverMods";
import { useCheckUpdates } from "./api/checkUpdates";
import classes from "./InstalledTab.module.css";
import { InstalledTable } from "./InstalledTable";
import { ModsNav } from "./ModsNav";
import { countOf, narrowed, needsNoUpdate, takesUpdate, waitingIn, waitsOf } from "./narrow";
import { SelectionBar } from "./SelectionBar";
import { SHOWS, type Show } from "./search";
import { useUploads } from "./UploadDialog";
import { useNotLoadedYet } from "./useNotLoadedYet";
import type { Ask } from "./wishes";

type Server = Schema["ServerDetails"];
type List = Schema["InstalledModList"];

const icon = { size: 16, stroke: 1.8, "aria-hidden": true } as const;

/** The mods that a server has. */
export default function InstalledTab({ server }: { server: Server }) {
  const list = useQuery(serverModsQuery(server.id));
  return (
    <div className={classes.tab}>
      <ModsNav serverId={server.id} />
      {list.isPending && <LoadingState rows={12} />}
      {list.isLoadingError && <ErrorState error={list.error} onRetry={list.refetch} />}
      {list.data && <Installed server={server} list={list.data} />}
    </div>
  );
}

function Installed({ server, list }: { server: Server; list: List }) {
  const can = useCan();
  const role = useRole();
  const mayChange = can("operator");
  const plan = usePlanDialog(server);
  const { ask } = plan;
  const uploads = useUploads(server.id, (uploaded) =>
    ask(planWords.titles.uploads(uploaded.length), {
      kind: "changes",
      changes: uploaded.map(({ sha256 }) => ({ action: "install", sha256 })),
    }),
  );
  const askFor = useCallback(
    (title: string, changes: ModChange[], onDone?: () => void) => ask(title, { kind: "changes", changes }, onDone),
    [ask],
  );
  const drop = mayChange ? uploads.dropTarget : {};
  return (
    <div className={classes.installed} {...drop} data-dropping={uploads.isDropping || undefined}>
      <div className={classes.bar}>
        {mayChange ? (
          <div className={classes.actions}>
            <Button
              renderRoot={(props) => <Link to="/mods" search={{ server: server.id }} {...props} />}
              leftSection={<IconPlus {...icon} />}
              variant={list.items.length === 0 ? "filled" : "default"}
            >
              {words.find}
            </Button>
            <Button variant="default" leftSection={<IconUpload {...icon} />} onClick={() => uploads.open()}>
              {words.upload}
            </Button>
            <UpdateAll list={list} onAsk={askFor} />
          </div>
        ) : (
          <p className={classes.hint}>{words.viewerHint(role)}</p>
        )}
        {list.items.length > 0 && <Checked server={server} list={list} />}
      </div>
      {list.items.length === 0 ? (
        <EmptyState title={words.empty}>{words.emptyText}</EmptyState>
      ) : (
        <Mods server={server} list={list} onAsk={askFor} />
      )}
      {plan.dialog}
      {uploads.dialog}
    </div>
  );
}

function UpdateAll({ list, onAsk }: { list: List; onAsk: Ask }) {
  const waiting = useMemo(() => waitingIn(list.pending), [list.pending]);
  const count = list.items.filter((mod) => takesUpdate(mod) && !needsNoUpdate(mod, waitsOf(mod, waiting))).length;
  if (count === 0) return null;
  return (
    <Button className={classes.main} onClick={() => onAsk(planWords.titles.updateAll, [{ action: "update" }])}>
      {words.updateAll(count)}
    </Button>
  );
}

function Checked({ server, list }: { server: Server; list: List }) {
  const can = useCan();
  const check = useCheckUpdates(server.id);
  return (
    <div className={classes.checked}>
      <span>
        {words.checked} <Time value={list.updates_checked_at} absent={words.neverChecked} />
      </span>
      {can("operator") && (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconRefresh {...icon} size={14} />}
          loading={check.isPending}
          onClick={() =>
            check.mutate(undefined, {
              onSuccess: () => void notifications.show({ message: words.checkStarted }),
            })
          }
        >
          {words.check}
        </Button>
      )}
    </div>
  );
}

function Mods({ server, list, onAsk }: { server: Server; list: List; onAsk: Ask }) {
  const notLoaded = useNotLoadedYet(server, list);
  const { show } = useSearch({ from: "/frame/servers/$serverId/mods" });
  const navigate = useNavigate({ from: "/servers/$serverId/mods" });
  const can = useCan();
  const [needle, setNeedle] = useState("");
  const [selected, setSelected] = useState<ReadonlySet<string>>(NOTHING);
  const sought = useDeferredValue(needle);
  const shown = useMemo(() => narrowed(list.items, show, sought), [list.items, show, sought]);
  // What is gone, or is not shown any more, is not meant either.
  const chosen = useMemo(() => shown.filter((mod) => selected.has(mod.file_name)), [shown, selected]);
  const setShow = (next: Show | undefined) =>
    void navigate({ search: next ? { show: next } : {}, replace: true, resetScroll: false });
  const clear = () => {
    setNeedle("");
    setShow(undefined);
  };
  return (
    <>
      <div className={classes.filters}>
        <TextInput
          type="search"
          className={classes.search}
          aria-label={words.search}
          placeholder={words.searchHint}
          autoComplete="off"
          spellCheck={false}
          leftSection={<IconSearch {...icon} />}
          value={needle}
          onChange={(event) => setNeedle(event.currentTarget.value)}
        />
        <Shows mods={list.items} show={show} onShow={setShow} />
      </div>
      {can("operator") && chosen.length > 0 && (
        <SelectionBar mods={chosen} onAsk={onAsk} onClear={() => setSelected(NOTHING)} />
      )}
      {shown.length === 0 ? (
        <EmptyState
          title={words.nothingFits}
          action={
            <Button variant="default" onClick={clear}>
              {words.showAll}
            </Button>
          }
        >
          {words.nothingFitsText}
        </EmptyState>
      ) : (
        <InstalledTable
          mods={shown}
          all={list.items}
          gameVersion={list.game_version}
          pending={list.pending}
          notLoaded={notLoaded}
          selected={selected}
          onSelect={setSelected}
          onAsk={onAsk}
        />
      )}
    </>
  );
}

const NOTHING: ReadonlySet<string> = new Set();

/** What can be shown alone, each with how many there are. */
function Shows({ mods, show, onShow }: { mods: List["items"]; show: Show | undefined; onShow: (show?: Show) => void }) {
  const counts = useMemo(() => SHOWS.map((name) => [name, countOf(mods, name)] as const), [mods]);
  const known = counts.filter(([name, count]) => count > 0 || name === show);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for what is sent together
    <div className={classes.shows} role="group" aria-label={words.show}>
      <button type="button" className={classes.show} aria-pressed={!show} onClick={() => onShow(undefined)}>
        {words.shows.all} <span className="tabular">{formatNumber(mods.length)}</span>
      </button>
      {known.map(([name, count]) => (
        <button
          key={name}
          type="button"
          className={classes.show}
          data-show={name}
          aria-pressed={show === name}
          onClick={() => onShow(show === name ? undefined : name)}
        >
          {words.shows[name]} <span className="tabular">{formatNumber(count)}</span>
        </button>
      ))}
    </div>
  );
}
