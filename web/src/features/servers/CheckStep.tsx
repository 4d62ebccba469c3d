import { Checkbox } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { gameVersionsQuery } from "../../api/gameVersions";
import { installedVersionsQuery } from "../../api/installedVersions";
import { serverBuild } from "../../lib/gameVersions";
import { newServer as words } from "../../text/newServer";
import { worldOptionsQuery } from "./api/newServer";
import classes from "./NewServerForm.module.css";
import type { Draft } from "./newServerDraft";
import { readPort } from "./PortField";

/** All that was chosen, and what will happen. */
export function CheckStep({ draft, edit }: { draft: Draft; edit: (changes: Partial<Draft>) => void }) {
  const options = useQuery(worldOptionsQuery()).data?.items ?? [];
  const changed = Object.entries(draft.attributes).map(([name, value]) => {
    const title = options.find((option) => option.name === name)?.title ?? name;
    return `${title}: ${words.optionValue(value)}`;
  });
  return (
    <>
      <dl className={classes.facts}>
        <Fact name={words.name}>{draft.name}</Fact>
        <Fact name={words.version}>{draft.version}</Fact>
        <Fact name={words.port}>{draft.port}</Fact>
        <Fact name={words.maxPlayers}>{draft.maxPlayers}</Fact>
        <Fact name={words.password}>{draft.password ? words.checkPassword : words.checkNoPassword}</Fact>
        <Fact name={words.whitelistFact}>{draft.whitelist ? words.on : words.off}</Fact>
        <Fact name={words.worldName}>{draft.worldName.trim() || draft.name}</Fact>
        <Fact name={words.seed}>{draft.seed.trim() || words.randomSeed}</Fact>
        <Fact name={words.playStyle}>{words.playStyleName(draft.playStyle)}</Fact>
        <Fact name={words.worldType}>{words.worldTypeName(draft.worldType)}</Fact>
        <Fact name={words.worldOptions}>{changed.length > 0 ? changed.join(", ") : words.noWorldOptions}</Fact>
      </dl>
      <h3 className={classes.heading}>{words.what}</h3>
      <WhatHappens draft={draft} />
      <Checkbox
        className={classes.start}
        label={words.start}
        checked={draft.start}
        onChange={(event) => edit({ start: event.currentTarget.checked })}
      />
    </>
  );
}

function WhatHappens({ draft }: { draft: Draft }) {
  const installed = useQuery(installedVersionsQuery()).data?.items ?? [];
  const listed = useQuery(gameVersionsQuery()).data?.items ?? [];
  const version = listed.find((item) => item.version === draft.version);
  const size = (version && serverBuild(version)?.size_text) ?? null;
  const isInstalled = installed.some((item) => item.version === draft.version);
  const { happens } = words;
  return (
    <ol className={classes.happens}>
      <li>{isInstalled ? happens.installed(draft.version) : happens.download(draft.version, size)}</li>
      <li>{happens.folder}</li>
      <li>{happens.configured(readPort(draft.port) ?? 0)}</li>
      <li>{draft.start ? happens.start : happens.noStart}</li>
      <li>{happens.world}</li>
    </ol>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
