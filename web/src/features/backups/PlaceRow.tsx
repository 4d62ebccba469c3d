import { ActionIcon, Button, Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconDots, IconPencil, IconShieldCheck, IconTrash } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { ApiError, type Schema } from "../../api/client";
import { ConfirmDialog } from "../../components/ui/ConfirmDialog";
import { StateMark, StateShape, type Tone } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { printable } from "../../lib/printable";
import { useNow } from "../../lib/time";
import { useCan } from "../../session/me";
import { places as words } from "../../text/places";
import { useCheckPlace, useRemovePlace, useTestPlace } from "./api/offsite";
import { Begun, BegunDialog } from "./BegunDialog";
import dialogClasses from "./dialogs.module.css";
import { PlaceDialog } from "./PlaceDialog";
import classes from "./PlacesPage.module.css";

type Place = Schema["OffsiteTarget"];

const HOUR_MS = 3_600_000;

interface PlaceRowProps {
  place: Place;
  restic: string | null;
  /** The names of those whose backups are copied there. */
  servers: readonly string[];
}

export function PlaceRow({ place, restic, servers }: PlaceRowProps) {
  const now = useNow(60);
  const { tone, label, isOverdue } = stateOf(place, now);
  const can = useCan();
  const test = useTestPlace(place.id);
  return (
    <li className={classes.place} data-tone={tone}>
      <div className={classes.said}>
        <div className={classes.head}>
          <h2 className={classes.name}>{printable(place.name)}</h2>
          <StateMark tone={tone} label={label} quiet={tone === "ok"} />
        </div>
        <p className={classes.where}>
          {words.kinds[place.kind]} <span className="mono">{printable(place.where)}</span>
        </p>
        {place.problem && <p className={classes.problem}>{printable(place.problem)}</p>}
        <p className={classes.facts}>
          <span data-tone={isOverdue ? "bad" : undefined}>
            {place.last_good_at ? (
              <>
                {words.lastGood} <Time value={place.last_good_at} />
                {isOverdue && `, ${words.overdue(place.max_age_hours)}`}
              </>
            ) : (
              words.noCopy
            )}
          </span>
          <span>
            {place.last_check_at ? (
              <>
                {words.lastCheck} <Time value={place.last_check_at} />
              </>
            ) : (
              words.neverChecked
            )}
          </span>
          <span>{servers.length === 0 ? words.unused : words.usedBy(servers)}</span>
        </p>
        {test.data && (
          <p className={classes.tested} role="status">
            <StateShape tone={test.data.ok ? "ok" : "bad"} size={14} />
            <span>{printable(test.data.message)}</span>
          </p>
        )}
      </div>
      {can("admin") && (
        <div className={classes.actions}>
          <Button
            size="xs"
            variant="default"
            aria-label={words.testThis(place.name)}
            loading={test.isPending}
            onClick={() => test.mutate()}
          >
            {words.test}
          </Button>
          <PlaceMenu place={place} restic={restic} servers={servers} />
        </div>
      )}
    </li>
  );
}

function stateOf(place: Place, now: number): { tone: Tone; label: string; isOverdue: boolean } {
  const isUsed = place.servers.length > 0;
  const age = place.last_good_at === null ? null : now - Date.parse(place.last_good_at);
  const isOverdue = isUsed && age !== null && age > place.max_age_hours * HOUR_MS;
  if (place.problem !== null) return { tone: "bad", label: words.failing, isOverdue };
  if (place.is_reachable === false) return { tone: "bad", label: words.unreachable, isOverdue };
  if (isOverdue) return { tone: "bad", label: words.late, isOverdue };
  if (age === null) return { tone: "off", label: words.waiting, isOverdue };
  return { tone: "ok", label: words.well, isOverdue };
}

type Act = "check" | "change" | "remove";

function PlaceMenu({ place, restic, servers }: PlaceRowProps) {
  const button = useRef<HTMLButtonElement>(null);
  const [asked, setAsked] = useState<{ number: number; act: Act } | null>(null);
  const [opened, setOpened] = useState(false);
  const icon = { size: 16, stroke: 1.6, "aria-hidden": true } as const;
  const close = () => setOpened(false);
  const ask = (act: Act) => {
    // The menu goes; the dialog gives the focus back to what had it when it opened.
    button.current?.focus();
    setAsked((before) => ({ number: (before?.number ?? 0) + 1, act }));
    setOpened(true);
  };
  return (
    <>
      <Menu position="bottom-end" width={220}>
        <Menu.Target>
          <ActionIcon ref={button} variant="subtle" color="gray" aria-label={words.more(place.name)}>
            <IconDots size={18} stroke={1.8} aria-hidden="true" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconShieldCheck {...icon} />} onClick={() => ask("check")}>
            {words.check}
          </Menu.Item>
          <Menu.Item leftSection={<IconPencil {...icon} />} onClick={() => ask("change")}>
            {words.change}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item color="var(--bad)" leftSection={<IconTrash {...icon} />} onClick={() => ask("remove")}>
            {words.remove}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {asked && (
        <div key={asked.number}>
          {asked.act === "check" && (
            <BegunDialog opened={opened} onClose={close} title={words.checkTitle(place.name)}>
              <Checking place={place} onClose={close} />
            </BegunDialog>
          )}
          {asked.act === "change" && <PlaceDialog opened={opened} onClose={close} restic={restic} place={place} />}
          {asked.act === "remove" && <RemoveDialog place={place} servers={servers} opened={opened} onClose={close} />}
        </div>
      )}
    </>
  );
}

function Checking({ place, onClose }: { place: Place; onClose: () => void }) {
  return (
    <Begun
      call={useCheckPlace(place.id)}
      done={words.checked}
      stopped={words.checkStopped}
      again={words.checkAgain}
      onClose={onClose}
    />
  );
}

interface RemoveDialogProps {
  place: Place;
  servers: readonly string[];
  opened: boolean;
  onClose: () => void;
}

/** The manager refuses once where backups lie nowhere else. */
function RemoveDialog({ place, servers, opened, onClose }: RemoveDialogProps) {
  const remove = useRemovePlace(place.id);
  const isLast = remove.error instanceof ApiError && remove.error.code === "only_copies_there";
  const confirm = async () => {
    await remove.mutateAsync({ force: isLast });
    notifications.show({ message: words.removed });
  };
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title={words.removeTitle(printable(place.name))}
      confirmLabel={isLast ? words.removeForce : words.removeConfirm}
      onConfirm={confirm}
    >
      <p className={dialogClasses.text}>{words.removeText}</p>
      {servers.length > 0 && <p className={dialogClasses.text}>{words.removeUsed(servers)}</p>}
    </ConfirmDialog>
  );
}
