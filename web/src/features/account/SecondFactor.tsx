import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useLocation, useRouter } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import type { Schema } from "../../api/client";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { Section } from "../../components/ui/Page";
import { StateMark } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { secondFactor as words } from "../../text/secondFactor";
import { secondFactorQuery } from "./api/secondFactor";
import { RenewRecoveryCodes, TurnOffSecondFactor } from "./SecondFactorProof";
import { SecondFactorSetup } from "./SecondFactorSetup";
import classes from "./secondFactor.module.css";

const FEW_CODES = 3;

type Dialog = "setUp" | "turnOff" | "renew";

export function SecondFactor() {
  const factor = useQuery(secondFactorQuery());
  const [dialog, setDialog] = useState<Dialog | null>(null);
  useAskedFor(factor.data?.is_on === false, () => setDialog("setUp"));
  const dialogProps = (which: Dialog) => ({ opened: dialog === which, onClose: () => setDialog(null) });
  return (
    <Section
      title={words.title}
      actions={
        factor.data &&
        (factor.data.is_on ? (
          <>
            <Button variant="default" onClick={() => setDialog("renew")}>
              {words.renew}
            </Button>
            <Button variant="default" onClick={() => setDialog("turnOff")}>
              {words.turnOff}
            </Button>
          </>
        ) : (
          <Button variant="default" onClick={() => setDialog("setUp")}>
            {words.setUp}
          </Button>
        ))
      }
    >
      {factor.isPending && <LoadingState rows={1} />}
      {factor.isLoadingError && <ErrorState error={factor.error} onRetry={factor.refetch} />}
      {factor.data && <State factor={factor.data} />}
      <SecondFactorSetup {...dialogProps("setUp")} />
      <TurnOffSecondFactor {...dialogProps("turnOff")} />
      <RenewRecoveryCodes {...dialogProps("renew")} />
    </Section>
  );
}

/** The address `/account#second-factor` begins the set-up, once. */
function useAskedFor(isOff: boolean, begin: () => void): void {
  const router = useRouter();
  const isAskedFor = useLocation({ select: (location) => location.hash === "second-factor" });
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked for by the address alone
  useEffect(() => {
    if (!isAskedFor || !isOff) return;
    router.history.replace("/account");
    begin();
  }, [isAskedFor, isOff]);
}

function State({ factor }: { factor: Schema["SecondFactorView"] }) {
  if (!factor.is_on) {
    return (
      <>
        <p className={classes.state}>
          <StateMark tone="off" label={words.off} />
        </p>
        <p className={classes.text}>
          {words.lead} {words.tokens}
        </p>
      </>
    );
  }
  return (
    <>
      <p className={classes.state}>
        <span className={classes.since}>
          <StateMark tone="ok" label={words.onSince} quiet /> <Time value={factor.on_since} />
        </span>
        {factor.recovery_codes_left > FEW_CODES && <span>{words.codesLeft(factor.recovery_codes_left)}</span>}
      </p>
      {factor.recovery_codes_left <= FEW_CODES && (
        <p className={classes.text}>
          <StateMark tone="warn" label={words.codesLeft(factor.recovery_codes_left)} quiet />
        </p>
      )}
      {!factor.knows_secret && (
        <p className={classes.text}>
          <StateMark tone="bad" label={words.lost} quiet />
        </p>
      )}
    </>
  );
}
