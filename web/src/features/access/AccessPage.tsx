import { Button } from "@mantine/core";
import { useState } from "react";
import { NeedsRole } from "../../components/ui/NeedsRole";
import { Page } from "../../components/ui/Page";
import { useCan, useMe } from "../../session/me";
import { users as userWords, access as words } from "../../text/access";
import { Tokens } from "./Tokens";
import { Users } from "./Users";
import { ViewAsRole } from "./ViewAsRole";

export default function AccessPage() {
  const me = useMe();
  const can = useCan();
  const [isViewing, setViewing] = useState(false);
  if (!can("admin")) {
    return (
      <Page title={words.title}>
        <NeedsRole needed="admin" own={me.role} />
      </Page>
    );
  }
  return (
    <Page
      title={words.title}
      lead={words.lead}
      actions={
        <Button variant="default" onClick={() => setViewing(true)}>
          {userWords.viewAsRole}
        </Button>
      }
    >
      <Users />
      <Tokens />
      <ViewAsRole opened={isViewing} onClose={() => setViewing(false)} />
    </Page>
  );
}
