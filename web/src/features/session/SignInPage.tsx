import { getRouteApi, useRouter } from "@tanstack/react-router";
import { sessionEnd } from "../../session/sessionEnd";
import { signIn as words } from "../../text/session";
import { DoorPage } from "./DoorPage";
import { SignInForm } from "./SignInForm";
import classes from "./session.module.css";

const route = getRouteApi("/sign-in");

export default function SignInPage() {
  const { to } = route.useSearch();
  const router = useRouter();
  const enter = () => {
    sessionEnd.revoke();
    router.history.replace(to ?? "/");
  };
  return (
    <DoorPage title={words.title}>
      <SignInForm onSignedIn={enter} />
      <p className={classes.hint}>{words.noAccount}</p>
    </DoorPage>
  );
}
