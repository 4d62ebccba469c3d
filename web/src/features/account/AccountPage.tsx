import { EmptyState } from "../../components/ui/EmptyState";
import { Page } from "../../components/ui/Page";
import { useMe } from "../../session/me";
import { account as words } from "../../text/account";
import { roles } from "../../text/common";
import { PasswordForm } from "./PasswordForm";
import { SecondFactor } from "./SecondFactor";
import { Sessions } from "./Sessions";

export default function AccountPage() {
  const me = useMe();
  return (
    <Page title={words.title} lead={words.lead(me.name, roles.word(me.role))}>
      {me.kind === "user" ? (
        <>
          <Sessions />
          <SecondFactor />
          <PasswordForm />
        </>
      ) : (
        <EmptyState title={words.notAUser} />
      )}
    </Page>
  );
}
