import { cleanup } from "@testing-library/react";
import { afterEach, beforeEach, vi } from "vitest";
import { sessionEnd } from "../session/sessionEnd";

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

beforeEach(() => {
  sessionEnd.revoke();
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  localStorage.clear();
  sessionStorage.clear();
});
