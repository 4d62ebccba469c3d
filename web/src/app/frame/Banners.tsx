import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { StateShape, type Tone } from "../../components/ui/StateMark";
import { useConnection, useLive } from "../../live/LiveProvider";
import { useMe } from "../../session/me";
import { useLeaveView } from "../../session/viewAs";
import { roles } from "../../text/common";
import { banners as words } from "../../text/frame";
import classes from "./Banners.module.css";

/** On every page while an admin looks at the manager as somebody else. */
export function ViewBanner() {
  const seen = useMe().viewing_as;
  const leave = useLeaveView();
  if (!seen) return null;
  const name = seen.kind === "user" ? seen.name : roles.word(seen.role);
  return (
    <Banner tone="warn" action={words.leaveView} onAction={() => leave.mutate()} isQuiet>
      {words.viewingAs[seen.kind](name)}
    </Banner>
  );
}

/** One line below the top bar, only when needed: the cause, and one button. */
export function Banners() {
  const live = useLive();
  const { connection, version } = useConnection();
  if (connection.status === "lost") {
    return (
      <Banner tone="bad" action={words.retry} onAction={() => live.restart()}>
        {words.lost[connection.cause]}
      </Banner>
    );
  }
  if (version !== null && version !== __MANAGER_VERSION__) {
    return (
      <Banner tone="warn" action={words.reload} onAction={() => window.location.reload()}>
        {words.newVersion(version)}
      </Banner>
    );
  }
  return null;
}

interface BannerProps {
  tone: Tone;
  action: string;
  onAction: () => void;
  /** It stays, so nobody is interrupted by it. */
  isQuiet?: boolean;
  children: ReactNode;
}

function Banner({ tone, action, onAction, isQuiet = false, children }: BannerProps) {
  return (
    <div className={classes.banner} data-tone={tone} role={isQuiet ? "status" : "alert"}>
      <StateShape tone={tone} size={16} />
      <span className={classes.text}>{children}</span>
      <Button size="xs" variant="default" onClick={onAction}>
        {action}
      </Button>
    </div>
  );
}
