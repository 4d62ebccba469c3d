import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { serversQuery } from "../../api/servers";
import { EmptyState } from "../../components/ui/EmptyState";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { Page, Panel } from "../../components/ui/Page";
import { StateShape } from "../../components/ui/StateMark";
import { useCan, useHighestRole } from "../../session/me";
import { places as words } from "../../text/places";
import { offsiteTargetsQuery } from "./api/offsite";
import { AllBackupsNav } from "./BackupsNav";
import { PlaceDialog } from "./PlaceDialog";
import { PlaceRow } from "./PlaceRow";
import classes from "./PlacesPage.module.css";

/** The places off the machine, and whether copies arrive there. */
export default function PlacesPage() {
  const places = useQuery(offsiteTargetsQuery());
  const servers = useQuery(serversQuery()).data?.items ?? [];
  const can = useCan();
  const role = useHighestRole();
  const isEmpty = places.data?.items.length === 0;
  const restic = places.data?.restic_version ?? null;
  const nameOf = (id: string) => servers.find((server) => server.id === id)?.name ?? id;
  return (
    <Page
      title={words.title}
      lead={can("admin") ? words.lead : `${words.lead} ${words.viewerHint(role)}`}
      actions={can("admin") && places.data && !isEmpty && <AddPlace restic={restic} />}
    >
      <AllBackupsNav />
      {places.isPending && <LoadingState rows={8} />}
      {places.isLoadingError && <ErrorState error={places.error} onRetry={places.refetch} />}
      {isEmpty && (
        <EmptyState title={words.emptyTitle} action={can("admin") && <AddPlace restic={restic} />}>
          {words.emptyText}
        </EmptyState>
      )}
      {places.data && !isEmpty && (
        <Panel inset={false}>
          <ul className={classes.places} aria-label={words.list}>
            {places.data.items.map((place) => (
              <PlaceRow key={place.id} place={place} restic={restic} servers={place.servers.map(nameOf)} />
            ))}
          </ul>
        </Panel>
      )}
      {places.data && <Restic version={restic} isNeeded={places.data.items.some(needsRestic)} />}
    </Page>
  );
}

const needsRestic = (place: Schema["OffsiteTarget"]) => place.kind === "restic";

/** Whether restic is there, and how to get it. */
function Restic({ version, isNeeded }: { version: string | null; isNeeded: boolean }) {
  if (version !== null) return <p className={classes.restic}>{words.resticVersion(version)}</p>;
  return (
    <p className={classes.restic}>
      <StateShape tone={isNeeded ? "bad" : "off"} size={16} />
      <span>
        {words.resticMissing} {words.resticHow}
      </span>
    </p>
  );
}

function AddPlace({ restic }: { restic: string | null }) {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button leftSection={<IconPlus size={16} stroke={1.8} aria-hidden="true" />} onClick={() => setOpened(true)}>
        {words.add}
      </Button>
      <PlaceDialog opened={opened} onClose={() => setOpened(false)} restic={restic} />
    </>
  );
}
