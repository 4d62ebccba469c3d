import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { type Cares, type LastDays, ServerRows } from "../../components/servers/ServerRows";
import { Panel, Section } from "../../components/ui/Page";
import { firstOf } from "../../lib/serverStates";
import { useCan } from "../../session/me";
import { overview as words } from "../../text/overview";
import { lastDayQuery } from "./api/lastDay";
import classes from "./Servers.module.css";

/** More than these are on their own page. */
const SHOWN = 6;

const NOTHING_YET: LastDays = new Map();

interface ServersProps {
  servers: readonly Schema["ServerView"][];
  cares: Cares | undefined;
}

/** The game servers, one row each. */
export default function Servers({ servers, cares }: ServersProps) {
  const { data: lastDays } = useQuery({ ...lastDayQuery(), enabled: servers.length > 0 });
  if (servers.length === 0) return <NoServers />;
  return (
    <Section title={words.servers} actions={<Link to="/servers">{words.allServers(servers.length)}</Link>}>
      <Panel inset={false}>
        <ServerRows servers={firstOf(servers, SHOWN)} lastDays={lastDays ?? NOTHING_YET} cares={cares} />
      </Panel>
    </Section>
  );
}

function NoServers() {
  const can = useCan();
  return (
    <Section title={words.servers}>
      <p className={classes.none}>
        {words.noServers} {can("admin") && <Link to="/new-server">{words.createServer}</Link>}
      </p>
    </Section>
  );
}
