import { useId, useState } from "react";
import { exactTime, useRelativeTime } from "../../lib/time";
import { never } from "../../text/time";
import classes from "./Time.module.css";
import { Tip } from "./Tip";

interface TimeProps {
  /** RFC 3339, as the API gives it; null shows `absent`. */
  value: string | null | undefined;
  absent?: string;
  /** Takes part in the tab order. Switch it off inside links and buttons, which have the focus themselves. */
  focusable?: boolean;
}

/** A time: relative, and exact on hover, focus and tap. Its width stays when the words change. */
export function Time({ value, absent = never, focusable = true }: TimeProps) {
  return value ? <KnownTime value={value} focusable={focusable} /> : <span className="quiet">{absent}</span>;
}

function KnownTime({ value, focusable }: { value: string; focusable: boolean }) {
  const words = useRelativeTime(value);
  const exact = exactTime(Date.parse(value));
  const tipId = useId();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const hide = () => setAnchor(null);
  return (
    <>
      <time
        className={classes.time}
        dateTime={value}
        tabIndex={focusable ? 0 : undefined}
        aria-describedby={anchor ? tipId : undefined}
        onMouseEnter={(event) => setAnchor(event.currentTarget)}
        onMouseLeave={hide}
        onFocus={(event) => setAnchor(event.currentTarget)}
        onBlur={hide}
        onKeyDown={(event) => event.key === "Escape" && hide()}
      >
        {words}
      </time>
      {anchor && (
        <Tip anchor={anchor} id={tipId}>
          {exact}
        </Tip>
      )}
    </>
  );
}
