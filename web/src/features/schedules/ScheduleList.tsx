import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { Panel, Section } from "../../components/ui/Page";
import { SearchBox } from "../../components/ui/SearchBox";
import { OnServer } from "../../session/me";
import { schedules as words } from "../../text/schedules";
import { ScheduleRow } from "./ScheduleRow";
import classes from "./schedules.module.css";

type Schedule = Schema["Schedule"];
type Server = Schema["ServerView"];

/** From so many on, there is a search. */
const MANY = 9;

/** The schedules of one server. */
export function PlainList({ schedules, label }: { schedules: readonly Schedule[]; label: string }) {
  return (
    <Narrowed schedules={schedules}>
      {(shown) => (
        <Panel inset={false}>
          <Rows schedules={shown} label={label} />
        </Panel>
      )}
    </Narrowed>
  );
}

/** The schedules of all servers, by server. */
export function GroupedList({ schedules, servers }: { schedules: readonly Schedule[]; servers: readonly Server[] }) {
  const nameOf = new Map(servers.map((server) => [server.id, server.name]));
  return (
    <Narrowed schedules={schedules} alsoKnownAs={(schedule) => nameOf.get(schedule.server_id) ?? ""}>
      {(shown) =>
        [...new Set(shown.map((schedule) => schedule.server_id))]
          .map((id) => ({
            id,
            own: shown.filter((schedule) => schedule.server_id === id),
            name: nameOf.get(id) ?? id,
          }))
          .sort((one, other) => one.name.localeCompare(other.name))
          .map(({ id, own, name }) => (
            <Section
              key={id}
              title={name}
              actions={
                <Link to="/servers/$serverId/schedules" params={{ serverId: id }} className={classes.toServer}>
                  {words.ofServer(name)}
                </Link>
              }
            >
              <Panel inset={false}>
                <Rows schedules={own} label={words.listOf(name)} />
              </Panel>
            </Section>
          ))
      }
    </Narrowed>
  );
}

interface NarrowedProps {
  schedules: readonly Schedule[];
  alsoKnownAs?: (schedule: Schedule) => string;
  children: (shown: readonly Schedule[]) => React.ReactNode;
}

function Narrowed({ schedules, alsoKnownAs, children }: NarrowedProps) {
  const [needle, setNeedle] = useState("");
  const sought = needle.toLocaleLowerCase();
  const shown = schedules.filter((schedule) =>
    `${schedule.name} ${schedule.sentence} ${alsoKnownAs?.(schedule) ?? ""}`.toLocaleLowerCase().includes(sought),
  );
  return (
    <>
      {schedules.length >= MANY && (
        <SearchBox
          className={classes.search}
          label={words.filter}
          placeholder={words.filterShort}
          value={needle}
          onSearch={setNeedle}
        />
      )}
      {shown.length > 0 ? children(shown) : <p className={classes.hint}>{words.nothingFits}</p>}
    </>
  );
}

function Rows({ schedules, label }: { schedules: readonly Schedule[]; label: string }) {
  const sorted = [...schedules].sort((one, other) => one.name.localeCompare(other.name));
  return (
    <ul className={classes.rows} aria-label={label}>
      {sorted.map((schedule) => (
        <OnServer key={schedule.id} serverId={schedule.server_id}>
          <ScheduleRow schedule={schedule} />
        </OnServer>
      ))}
    </ul>
  );
}
