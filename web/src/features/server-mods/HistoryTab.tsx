import { Button } from "@mantine/core";
import { IconDownload, IconUpload } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import type { Schema } from "../../api/client";
import { generationsQuery } from "../../api/modGenerations";
import { lockListQuery, pendingModsQuery } from "../../api/serverMods";
import { usePlanDialog } from "../../components/mods/usePlanDialog";
import { EmptyState } from "../../components/ui/EmptyState";
import { ErrorState } from "../../components/ui/ErrorState";
import { messageOf } from "../../components/ui/FormError";
import { LoadingState } from "../../components/ui/LoadingState";
import { StateMark } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { downloadText } from "../../lib/download";
import { printable } from "../../lib/printable";
import { useCan } from "../../session/me";
import { plan as planWords, history as words } from "../../text/serverMods";
import { clientPackQuery } from "./api/clientPack";
import { GenerationDialog } from "./GenerationDialog";
import classes from "./HistoryTab.module.css";
import { ImportDialog } from "./ImportDialog";
import { ModsNav } from "./ModsNav";

type Server = Schema["ServerDetails"];
type Generation = Schema["Generation"];

const icon = { size: 16, stroke: 1.8, "aria-hidden": true } as const;

/** Every set of mods that a server had: what was changed, by whom and why, and the way back to each. */
export default function HistoryTab({ server }: { server: Server }) {
  const can = useCan();
  const sets = useInfiniteQuery(generationsQuery(server.id));
  const items = sets.data?.pages.flatMap((page) => page.items) ?? [];
  const waiting = useQuery(pendingModsQuery(server.id)).data?.generation;
  const [shown, setShown] = useState<number | null>(null);
  const [opened, setOpened] = useState(false);
  const plan = usePlanDialog(server);
  const show = (number: number) => {
    setShown(number);
    setOpened(true);
  };
  const goBack = (number: number) => plan.ask(planWords.titles.restore(number), { kind: "restore", number });
  return (
    <div className={classes.tab}>
      <ModsNav serverId={server.id} />
      <div className={classes.bar}>
        <p className={classes.lead}>{words.lead}</p>
        <Lists server={server} />
      </div>
      {can("operator") && <LeftOutOfPack serverId={server.id} />}
      {sets.isPending && <LoadingState rows={10} />}
      {sets.isLoadingError && <ErrorState error={sets.error} onRetry={sets.refetch} />}
      {sets.data && items.length === 0 && <EmptyState title={words.empty}>{words.emptyText}</EmptyState>}
      {items.length > 0 && (
        <ol className={classes.sets} aria-label={words.list}>
          {items.map((set) => (
            <li key={set.number} className={classes.set} data-current={set.is_current || undefined}>
              <SetRow
                set={set}
                waits={set.number === waiting}
                isUp={server.state === "running" || server.state === "starting"}
                onDetails={() => show(set.number)}
                onRestore={can("operator") ? () => goBack(set.number) : null}
              />
            </li>
          ))}
        </ol>
      )}
      {sets.hasNextPage && (
        <Button
          variant="default"
          className={classes.more}
          loading={sets.isFetchingNextPage}
          onClick={() => void sets.fetchNextPage()}
        >
          {words.more}
        </Button>
      )}
      <GenerationDialog server={server} number={shown} opened={opened} onClose={() => setOpened(false)} />
      {plan.dialog}
    </div>
  );
}

/** What can be given away and taken over. */
function Lists({ server }: { server: Server }) {
  const can = useCan();
  const queryClient = useQueryClient();
  const plan = usePlanDialog(server);
  const [imports, setImports] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const save = async () => {
    setError(null);
    try {
      const list = await queryClient.fetchQuery({ ...lockListQuery(server.id), staleTime: 0 });
      downloadText(`mods-of-${server.id}.json`, `${JSON.stringify(list, null, 2)}\n`);
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <div className={classes.actions}>
      <Button variant="default" leftSection={<IconDownload {...icon} />} onClick={() => void save()}>
        {words.export}
      </Button>
      {can("operator") && (
        <>
          <Button variant="default" leftSection={<IconUpload {...icon} />} onClick={() => setImports(true)}>
            {words.import}
          </Button>
          <Button
            component="a"
            variant="default"
            href={`/api/v1/servers/${encodeURIComponent(server.id)}/mods/client-pack`}
            download
            title={words.packHint}
            leftSection={<IconDownload {...icon} />}
          >
            {words.pack}
          </Button>
        </>
      )}
      {error !== null && <StateMark tone="bad" label={messageOf(error)} isSentence />}
      <ImportDialog
        opened={imports}
        onClose={() => setImports(false)}
        onRead={(lock, replace) => {
          setImports(false);
          plan.ask(planWords.titles.import, { kind: "list", lock, replace });
        }}
      />
      {plan.dialog}
    </div>
  );
}

/** Players would miss it without knowing why. */
function LeftOutOfPack({ serverId }: { serverId: string }) {
  const leftOut = useQuery(clientPackQuery(serverId)).data?.left_out ?? [];
  if (leftOut.length === 0) return null;
  return (
    <section className={classes.leftOut} aria-label={words.packLacks(leftOut.length)}>
      <StateMark tone="warn" label={words.packLacks(leftOut.length)} isSentence />
      <ul>
        {leftOut.map((file) => (
          <li key={file.file_name}>
            <strong>{printable(file.file_name)}</strong> {printable(file.reason)}
          </li>
        ))}
      </ul>
    </section>
  );
}

interface SetRowProps {
  set: Generation;
  /** For the next start. */
  waits: boolean;
  isUp: boolean;
  onDetails: () => void;
  onRestore: (() => void) | null;
}

function SetRow({ set, waits, isUp, onDetails, onRestore }: SetRowProps) {
  return (
    <>
      <div className={classes.head}>
        <h2 className={classes.why}>{printable(set.why)}</h2>
        <SetState set={set} waits={waits} isUp={isUp} />
      </div>
      <p className={classes.facts}>
        <span>{words.set(set.number)}</span>
        <span>
          <Time value={set.at} />
          {set.actor !== null && `, ${words.by(printable(set.actor))}`}
        </span>
        <span className="tabular">{words.count(set.mods)}</span>
        {set.run_id && (
          <Link to="/runs/$runId" params={{ runId: set.run_id }} preload={false}>
            {words.showRun}
          </Link>
        )}
      </p>
      <Diff diff={set.diff} />
      <div className={classes.buttons}>
        <Button size="xs" variant="default" aria-label={words.detailsOf(set.number)} onClick={onDetails}>
          {words.details}
        </Button>
        {onRestore && !set.is_current && !waits && (
          <Button
            size="xs"
            variant="default"
            aria-label={words.backTo(set.number)}
            disabled={!set.can_be_restored}
            title={set.can_be_restored ? undefined : words.notKept}
            onClick={onRestore}
          >
            {words.back}
          </Button>
        )}
      </div>
    </>
  );
}

function SetState({ set, waits, isUp }: { set: Generation; waits: boolean; isUp: boolean }): ReactNode {
  if (waits) return <StateMark tone="busy" label={words.currentNotLoaded} />;
  if (set.is_loaded) return <StateMark tone="ok" label={words.loaded} />;
  if (set.is_current)
    return <StateMark tone={isUp ? "busy" : "ok"} label={isUp ? words.currentNotLoaded : words.current} />;
  if (set.is_joined) return <StateMark tone="off" label={words.joined} quiet />;
  return set.can_be_restored ? null : <StateMark tone="off" label={words.notKept} quiet />;
}

const SHOWN_FIRST = 6;

function Diff({ diff }: { diff: Schema["GenerationDiff"] }) {
  const [showsAll, setShowsAll] = useState(false);
  const parts = (["added", "updated", "removed", "changed"] as const).filter((part) => diff[part].length > 0);
  const count = parts.reduce((sum, part) => sum + diff[part].length, 0);
  if (count === 0) return <p className={classes.facts}>{words.nothingChanged}</p>;
  const hides = parts.some((part) => diff[part].length > SHOWN_FIRST) && !showsAll;
  return (
    <>
      <dl className={classes.diff}>
        {parts.map((part) => (
          <div key={part}>
            <dt>{words.diff[part]}</dt>
            <dd>
              {(hides ? diff[part].slice(0, SHOWN_FIRST) : diff[part]).map(printable).join(", ")}
              {hides && diff[part].length > SHOWN_FIRST && ", …"}
            </dd>
          </div>
        ))}
      </dl>
      {hides && (
        <button type="button" className="text-button" onClick={() => setShowsAll(true)}>
          {words.all(count)}
        </button>
      )}
    </>
  );
}
