import { Link, type LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Schema } from "../../api/client";
import { Section } from "../../components/ui/Page";
import { StateMark } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { overview as words } from "../../text/overview";
import classes from "./Facts.module.css";

/** The quiet lines: what there is, and how old it is. */
export function Facts({ overview }: { overview: Schema["Overview"] }) {
  const { catalog, game_versions: versions, scheduler } = overview;
  return (
    <Section title={words.manager}>
      <dl className={classes.facts}>
        <Fact name={words.version}>
          {overview.version}, {words.started} <Time value={overview.started_at} />
          {words.scheduler[scheduler.status] && (
            <StateMark tone="warn" label={words.scheduler[scheduler.status] ?? ""} />
          )}
        </Fact>
        <Fact name={words.jobs} to="/jobs">
          {words.jobCounts(overview.jobs)}
        </Fact>
        <Fact name={words.catalog} to="/mods">
          {catalog.mods === null ? words.noMods : words.mods(catalog.mods)}
          <UpdatedAt value={catalog.updated_at} />
        </Fact>
        <Fact name={words.versions} to="/game-versions">
          {versions.latest_stable === null && versions.latest_unstable === null
            ? words.noVersions
            : [
                versions.latest_stable && words.stable(versions.latest_stable),
                versions.latest_unstable && words.unstable(versions.latest_unstable),
              ]
                .filter(Boolean)
                .join(" · ")}
          <UpdatedAt value={versions.updated_at} />
        </Fact>
        <Fact name={words.services}>
          <span className={classes.services}>
            {overview.upstreams.map((upstream) => (
              <UpstreamMark key={upstream.id} upstream={upstream} />
            ))}
          </span>
        </Fact>
      </dl>
    </Section>
  );
}

function Fact({ name, to, children }: { name: string; to?: LinkProps["to"]; children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{to ? <Link to={to}>{name}</Link> : name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function UpdatedAt({ value }: { value: string | null }) {
  return (
    value && (
      <>
        , {words.updated} <Time value={value} />
      </>
    )
  );
}

function UpstreamMark({ upstream }: { upstream: Schema["UpstreamState"] }) {
  switch (upstream.state) {
    case "closed":
      return <StateMark tone="ok" label={words.answers(upstream.name)} quiet />;
    case "half_open":
      return <StateMark tone="busy" label={words.isTriedAgain(upstream.name)} />;
    case "open":
      return <StateMark tone="warn" label={words.doesNotAnswer(upstream.name)} />;
  }
}
