import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { EmptyState } from "../../components/ui/EmptyState";
import { Panel, Section } from "../../components/ui/Page";
import { targets as words } from "../../text/notifications";
import { TargetDrawer } from "./TargetDrawer";
import { TargetRow } from "./TargetRow";
import classes from "./Targets.module.css";

interface TargetsProps {
  targets: readonly Schema["Target"][];
  servers: readonly Schema["ServerView"][];
}

/** Who is told. */
export function Targets({ targets, servers }: TargetsProps) {
  const [edited, setEdited] = useState<Schema["Target"] | null>(null);
  const [isOpen, setOpen] = useState(false);
  const open = (target: Schema["Target"] | null) => {
    setEdited(target);
    setOpen(true);
  };
  const add = (
    <Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={() => open(null)}>
      {words.add}
    </Button>
  );
  return (
    <Section title={words.title} actions={targets.length > 0 && add}>
      {targets.length === 0 && (
        <EmptyState title={words.emptyTitle} action={add}>
          {words.emptyText}
        </EmptyState>
      )}
      {targets.length > 0 && (
        <Panel inset={false}>
          <ul className={classes.rows} aria-label={words.list}>
            {targets.map((target) => (
              <TargetRow key={target.id} target={target} servers={servers} onEdit={() => open(target)} />
            ))}
          </ul>
        </Panel>
      )}
      <TargetDrawer target={edited} servers={servers} opened={isOpen} onClose={() => setOpen(false)} />
    </Section>
  );
}
