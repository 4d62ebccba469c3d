import { type RefObject, useLayoutEffect, useState } from "react";

const PHONE = "(max-width: 47.99em)";
/** What stays above and below on a phone: the top bar, and the bottom bar while no keyboard is up. */
const PHONE_TOP_PX = 56;
const PHONE_BOTTOM_PX = 57;
const BOTTOM_GAP_PX = 20;
const LOWEST_PX = 320;
const LOWEST_ABOVE_KEYBOARD_PX = 200;
const KEYBOARD_AT_LEAST_PX = 120;

/** The height that brings the end of an element to the end of the window; on a phone, above its keyboard or the bottom bar. */
export function useFullHeight(element: RefObject<HTMLElement | null>): number | undefined {
  const [height, setHeight] = useState<number>();
  useLayoutEffect(() => {
    const leaving = new AbortController();
    const measure = () => {
      if (element.current) setHeight(fullHeight(element.current));
    };
    measure();
    const options = { signal: leaving.signal };
    window.addEventListener("resize", measure, options);
    window.visualViewport?.addEventListener("resize", measure, options);
    // What stands above may grow or go.
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => {
      leaving.abort();
      observer.disconnect();
    };
  }, [element]);
  return height;
}

function fullHeight(element: HTMLElement): number {
  const seen = window.visualViewport?.height ?? window.innerHeight;
  const isPhone = window.matchMedia(PHONE).matches;
  if (isPhone && window.innerHeight - seen > KEYBOARD_AT_LEAST_PX) {
    // The browser moves the field above the keyboard; what is left of the window is for the lines.
    return Math.max(LOWEST_ABOVE_KEYBOARD_PX, Math.floor(seen - PHONE_TOP_PX));
  }
  const top = element.getBoundingClientRect().top + window.scrollY;
  return Math.max(LOWEST_PX, Math.floor(seen - top - (isPhone ? PHONE_BOTTOM_PX : BOTTOM_GAP_PX)));
}
