import { Button } from "@mantine/core";
import { useAcknowledge } from "../../api/alerts";
import type { Schema } from "../../api/client";
import { useCan } from "../../session/me";
import { attentionActions as words } from "../../text/overview";

const ALERT = "alert:";

/** An alert leaves the overview when somebody has seen it; all else when it is dealt with. */
export function AcknowledgeAlert({ item }: { item: Schema["AttentionItem"] }) {
  const can = useCan();
  const acknowledge = useAcknowledge();
  if (!item.id.startsWith(ALERT) || !can("operator", item.server_id ?? null)) return null;
  return (
    <Button
      variant="subtle"
      loading={acknowledge.isPending}
      aria-label={words.acknowledgeThis(item.title)}
      onClick={() => acknowledge.mutate(item.id.slice(ALERT.length))}
    >
      {words.acknowledge}
    </Button>
  );
}
