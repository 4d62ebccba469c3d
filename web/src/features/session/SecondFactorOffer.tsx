import { Button } from "@mantine/core";
import { useRouter } from "@tanstack/react-router";
import { offer as words } from "../../text/secondFactor";
import { DoorPage } from "./DoorPage";
import classes from "./session.module.css";

/** Before the first admin goes on: whoever can do everything had better have more than a password. */
export function SecondFactorOffer() {
  const router = useRouter();
  return (
    <DoorPage key="offer" title={words.title} lead={words.lead}>
      <div className={classes.form}>
        <Button fullWidth data-autofocus onClick={() => router.history.replace("/account#second-factor")}>
          {words.setUp}
        </Button>
        <Button variant="default" fullWidth onClick={() => router.history.replace("/")}>
          {words.later}
        </Button>
        <p className={classes.hint}>{words.laterHint}</p>
      </div>
    </DoorPage>
  );
}
