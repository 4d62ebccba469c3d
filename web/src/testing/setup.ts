import { cleanup, configure } from "@testing-library/react";
import { afterEach, beforeEach, vi } from "vitest";
import { sessionEnd } from "../session/sessionEnd";
import { pretendEvents, pretendTabs } from "./pretendEvents";

// A busy machine takes its time; a failure says what was missing, not the whole page.
configure({ asyncUtilTimeout: 20_000, getElementError: (message) => new Error(message ?? "not found") });

class NoResizeObserver {
  observe() {}
  unobserve() {}
  disconnect() {}
}

// What jsdom lacks and the pages ask for.
window.matchMedia = (query: string) =>
  ({
    matches: false,
    media: query,
    onchange: null,
    addEventListener() {},
    removeEventListener() {},
    addListener() {},
    removeListener() {},
    dispatchEvent: () => false,
  }) as MediaQueryList;
window.ResizeObserver = NoResizeObserver as typeof ResizeObserver;
window.scrollTo = () => {};
Element.prototype.scrollIntoView = () => {};
Range.prototype.getClientRects = () => [] as unknown as DOMRectList;

beforeEach(() => {
  pretendEvents();
  pretendTabs();
  sessionEnd.revoke();
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  localStorage.clear();
  sessionStorage.clear();
});
