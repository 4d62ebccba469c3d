import { Link } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { ServerRows } from "../../components/servers/ServerRows";
import { Panel, Section } from "../../components/ui/Page";
import { needsSomeone } from "../../lib/serverStates";
import { useCan } from "../../session/me";
import { overview as words } from "../../text/overview";
import classes from "./Servers.module.css";

/** More than these are on their own page. */
const SHOWN = 6;

/** The game servers, one row each; those that need someone first. */
export default function Servers({ servers }: { servers: readonly Schema["ServerView"][] }) {
  if (servers.length === 0) return <NoServers />;
  const sorted = [...servers.filter(needsSomeone), ...servers.filter((server) => !needsSomeone(server))];
  return (
    <Section title={words.servers} actions={<Link to="/servers">{words.allServers(servers.length)}</Link>}>
      <Panel inset={false}>
        <ServerRows servers={sorted.slice(0, SHOWN)} isQuiet />
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
