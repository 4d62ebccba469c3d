import { Button } from "@mantine/core";
import { IconArrowDown, IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import { type ReactNode, useLayoutEffect, useRef, useState } from "react";
import type { Schema } from "../../api/client";
import { messageOf } from "../../components/ui/FormError";
import { Section } from "../../components/ui/Page";
import { exactTime } from "../../lib/time";
import { common } from "../../text/common";
import { logLevels, run as words } from "../../text/runs";
import { type LogLine, useRunLog } from "./api/runLog";
import classes from "./RunLog.module.css";

const icon = { size: 16, stroke: 1.8, "aria-hidden": true } as const;
const AT_END_PX = 24;

/** The log of a run: it follows new lines until someone scrolls back or pauses it. */
export function RunLog({ run }: { run: Schema["RunWithLog"] }) {
  const log = useRunLog(run);
  const view = useRef<HTMLElement>(null);
  const [isFollowing, setFollowing] = useState(true);
  const [seen, setSeen] = useState(0);
  const isLive = !log.isFinished && log.error === null;
  const newest = log.lines.at(-1)?.seq ?? 0;
  const unseen = isFollowing ? 0 : log.lines.filter((line) => line.seq > seen).length;

  // biome-ignore lint/correctness/useExhaustiveDependencies: new lines are the reason to scroll
  useLayoutEffect(() => {
    if (isLive && isFollowing && view.current) view.current.scrollTop = view.current.scrollHeight;
  }, [newest, isFollowing, isLive]);

  const stop = () => {
    setSeen(newest);
    setFollowing(false);
  };
  const onScroll = () => {
    const element = view.current;
    if (!element || !isLive) return;
    const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight < AT_END_PX;
    if (isAtEnd) setFollowing(true);
    else if (isFollowing) stop();
  };

  return (
    <Section
      title={words.log.title}
      actions={isLive && <FollowButton isFollowing={isFollowing} onFollow={() => setFollowing(true)} onPause={stop} />}
    >
      <div className={classes.frame}>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable with the keyboard */}
        <section ref={view} className={classes.view} aria-label={words.log.label} tabIndex={0} onScroll={onScroll}>
          {log.lines.length > 0 ? (
            <Lines lines={log.lines} />
          ) : (
            <p className={classes.note}>{log.isFinished ? words.log.empty : words.log.emptyRunning}</p>
          )}
        </section>
        {unseen > 0 && (
          <Button
            size="xs"
            className={classes.unseen}
            leftSection={<IconArrowDown {...icon} />}
            onClick={() => setFollowing(true)}
          >
            {words.log.newLines(unseen)}
          </Button>
        )}
      </div>
      {log.error !== null && (
        <div className={classes.failure} role="alert">
          <span>
            {words.log.failed} {messageOf(log.error)}
          </span>
          <Button variant="default" size="xs" onClick={log.retry}>
            {common.tryAgain}
          </Button>
        </div>
      )}
    </Section>
  );
}

function FollowButton(props: { isFollowing: boolean; onFollow: () => void; onPause: () => void }) {
  return (
    <Button
      variant="default"
      size="xs"
      leftSection={props.isFollowing ? <IconPlayerPause {...icon} /> : <IconPlayerPlay {...icon} />}
      onClick={props.isFollowing ? props.onPause : props.onFollow}
    >
      {props.isFollowing ? words.log.pause : words.log.follow}
    </Button>
  );
}

function Lines({ lines }: { lines: readonly LogLine[] }) {
  const rows: ReactNode[] = [];
  let before = 0;
  for (const line of lines) {
    const missing = line.seq - before - 1;
    if (before > 0 && missing > 0) {
      rows.push(
        <li key={`gap ${line.seq}`} className={classes.gap}>
          {words.log.gap(missing)}
        </li>,
      );
    }
    rows.push(<Line key={line.seq} line={line} />);
    before = line.seq;
  }
  return <ol className={classes.lines}>{rows}</ol>;
}

function Line({ line }: { line: LogLine }) {
  const time = Date.parse(line.time);
  return (
    <li className={classes.line} data-level={line.level}>
      <time dateTime={line.time} title={exactTime(time)} className={classes.time}>
        {new Date(time).toLocaleTimeString("en-GB")}
      </time>
      <span className={classes.level}>{logLevels[line.level] ?? line.level}</span>
      <span className={classes.message}>{line.message}</span>
    </li>
  );
}
