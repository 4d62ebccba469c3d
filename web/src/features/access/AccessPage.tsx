import { NeedsRole } from "../../components/ui/NeedsRole";
import { Page } from "../../components/ui/Page";
import { useCan, useMe } from "../../session/me";
import { access as words } from "../../text/access";
import { Tokens } from "./Tokens";
import { Users } from "./Users";

export default function AccessPage() {
  const me = useMe();
  const can = useCan();
  if (!can("admin")) {
    return (
      <Page title={words.title}>
        <NeedsRole needed="admin" own={me.role} />
      </Page>
    );
  }
  return (
    <Page title={words.title} lead={words.lead}>
      <Users />
      <Tokens />
    </Page>
  );
}
