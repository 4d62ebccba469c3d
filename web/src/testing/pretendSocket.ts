import { vi } from "vitest";

/** A WebSocket that a page has opened; the test plays the manager. */
export class PretendSocket {
  onopen: (() => void) | null = null;
  onmessage: ((message: MessageEvent<unknown>) => void) | null = null;
  onclose: (() => void) | null = null;
  isClosed = false;

  constructor(readonly url: string) {
    opened.push(this);
  }

  /** What the address asks for: `query.ticket`, `query.after`. */
  get query(): Record<string, string> {
    return Object.fromEntries(new URL(this.url).searchParams);
  }

  accept(): void {
    this.onopen?.();
  }

  send(frame: unknown): void {
    this.onmessage?.(new MessageEvent("message", { data: JSON.stringify(frame) }));
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.onclose?.();
  }
}

let opened: PretendSocket[] = [];

/** Takes the place of the browser's WebSockets: what has been opened so far, oldest first. */
export function pretendSockets() {
  opened = [];
  vi.stubGlobal("WebSocket", PretendSocket);
  return {
    get all() {
      return opened;
    },
    get last() {
      return opened.at(-1);
    },
  };
}
