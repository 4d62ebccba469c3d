import { Button } from "@mantine/core";
import { IconArrowLeft, IconExternalLink } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate, useRouter } from "@tanstack/react-router";
import type { MouseEvent, ReactNode } from "react";
import { ApiError, type Schema } from "../../api/client";
import { keys } from "../../api/keys";
import type { ModChange } from "../../api/serverMods";
import { ForeignHtml } from "../../components/mods/ForeignHtml";
import { usePlanDialog } from "../../components/mods/usePlanDialog";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { Page, Section } from "../../components/ui/Page";
import { StateMark } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { useCan } from "../../session/me";
import { mod as words } from "../../text/mods";
import { plan as planWords } from "../../text/serverMods";
import { modQuery } from "./api/mod";
import { InstallMod } from "./InstallMod";
import { ModFacts } from "./ModFacts";
import classes from "./ModPage.module.css";
import { opened } from "./opened";
import { Releases } from "./Releases";
import { installedOf, useChosenServer } from "./useChosenServer";
import { useRetracted } from "./useRetracted";

const route = getRouteApi("/frame/mods/$modId");

export default function ModPage() {
  const { modId } = route.useParams();
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/mods/$modId" });
  const chosen = useChosenServer(search.server);
  const can = useCan();
  const plan = usePlanDialog(chosen.server);
  const mod = useQuery(modQuery(modId));
  const retracted = useRetracted(mod.data?.modids ?? [], chosen.servers);
  const known = useKnownFromList(modId);
  const title = mod.data?.name ?? known?.name ?? words.title;
  if (mod.isLoadingError) {
    return (
      <Page title={title} back={<BackLink />}>
        <ErrorState error={mod.error} onRetry={isGone(mod.error) ? undefined : mod.refetch} />
      </Page>
    );
  }
  const shown = mod.data ?? known;
  if (!shown) {
    // Nothing below the heading yet that would move when its summary comes.
    return (
      <Page title={title} back={<BackLink />}>
        <LoadingState rows={12} />
      </Page>
    );
  }
  const ask = (change: ModChange) =>
    plan.ask(change.action === "update" ? planWords.titles.update(title) : planWords.titles.install(title), {
      kind: "changes",
      changes: [change],
    });
  return (
    <Page title={title} lead={shown.summary} back={<BackLink />} actions={<OfficialLink url={shown.page_url} />}>
      {mod.data && <Notes mod={mod.data} />}
      {mod.data && (
        <InstallMod
          mod={mod.data}
          chosen={chosen}
          onChoose={(server) => void navigate({ search: { server }, replace: true, resetScroll: false })}
          meant={mod.data.releases.find((release) => `v${release.version}` === search.release)}
          retracted={retracted}
          onInstall={ask}
        />
      )}
      <div className={classes.columns}>
        {mod.data ? <ModFacts mod={mod.data} /> : <LoadingState rows={8} />}
        <div className={classes.main}>
          {mod.data ? (
            <>
              <Section title={words.description}>
                {mod.data.description_html.trim() ? (
                  <ForeignHtml html={mod.data.description_html} below={2} />
                ) : (
                  <p className={classes.nothing}>{words.noDescription}</p>
                )}
              </Section>
              <Releases
                mod={mod.data}
                server={chosen.server}
                installed={installedOf(mod.data.modids, chosen.installed)}
                retracted={retracted}
                onInstall={can("operator", chosen.server?.id) ? ask : null}
              />
            </>
          ) : (
            <LoadingState rows={12} />
          )}
        </div>
      </div>
      {plan.dialog}
    </Page>
  );
}

function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

/** What the list has already told about the mod, until its own page is there. */
function useKnownFromList(modId: string): Schema["ListedItem"] | undefined {
  const queryClient = useQueryClient();
  return queryClient
    .getQueriesData<{ pages: Schema["CatalogList"][] }>({ queryKey: keys.modsFound({}).slice(0, 2) })
    .flatMap(([, found]) => found?.pages ?? [])
    .flatMap((page) => page.items)
    .find((item) => String(item.id) === modId);
}

/** Back to the place in the list, when one came from there; else to the list. */
function BackLink() {
  const router = useRouter();
  const last = opened.last();
  const goBack = (event: MouseEvent) => {
    const place = router.history.location.state.__TSR_index;
    if (event.metaKey || event.ctrlKey || event.shiftKey || last?.place !== place - 1) return;
    event.preventDefault();
    router.history.back();
  };
  return (
    <Link to="/mods" search={last?.search ?? {}} className={classes.back} onClick={goBack}>
      <IconArrowLeft size={16} stroke={1.8} aria-hidden="true" />
      {words.back}
    </Link>
  );
}

function OfficialLink({ url }: { url: string }) {
  return (
    <Button
      component="a"
      variant="default"
      href={url}
      target="_blank"
      rel="noopener noreferrer"
      rightSection={<IconExternalLink size={16} stroke={1.8} aria-hidden="true" />}
    >
      {words.official}
      <span className="visually-hidden"> ({words.opensNewTab})</span>
    </Button>
  );
}

function Notes({ mod }: { mod: Schema["CatalogMod"] }) {
  const notes: ReactNode[] = [];
  if (!mod.listed) notes.push(<StateMark key="unlisted" tone="warn" label={words.unlisted} />);
  if (mod.stale) {
    notes.push(
      <span key="stale" className={classes.stale}>
        <StateMark tone="warn" label={words.stale} /> <Time value={mod.fetched_at} />
      </span>,
    );
  }
  if (mod.also.length > 0) {
    notes.push(
      <span key="also">
        {words.also}{" "}
        {mod.also.map((other, index) => (
          <span key={other.id}>
            {index > 0 && ", "}
            <Link to="/mods/$modId" params={{ modId: String(other.id) }}>
              {other.name}
            </Link>
          </span>
        ))}
      </span>,
    );
  }
  return notes.length > 0 && <div className={classes.notes}>{notes}</div>;
}
