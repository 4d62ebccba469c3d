import { useId, useState } from "react";
import { createPortal } from "react-dom";
import { exactTime, useRelativeTime } from "../../lib/time";
import { never } from "../../text/time";
import classes from "./Time.module.css";

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
  const [place, setPlace] = useState<{ x: number; y: number } | null>(null);
  const show = (element: HTMLElement) => {
    const box = element.getBoundingClientRect();
    setPlace({ x: box.left + box.width / 2, y: box.top });
  };
  const hide = () => setPlace(null);
  return (
    <>
      <time
        className={classes.time}
        dateTime={value}
        tabIndex={focusable ? 0 : undefined}
        aria-describedby={place ? tipId : undefined}
        onMouseEnter={(event) => show(event.currentTarget)}
        onMouseLeave={hide}
        onFocus={(event) => show(event.currentTarget)}
        onBlur={hide}
        onKeyDown={(event) => event.key === "Escape" && hide()}
      >
        {words}
      </time>
      {place &&
        createPortal(
          <span role="tooltip" id={tipId} className={classes.tip} style={{ left: place.x, top: place.y }}>
            {exact}
          </span>,
          document.body,
        )}
    </>
  );
}
