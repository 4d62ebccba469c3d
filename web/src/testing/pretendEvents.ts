import { vi } from "vitest";
import type { LiveEvent } from "../live/events";

/** A stream that a tab has opened; the test plays the manager. */
export class PretendEventSource {
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  isClosed = false;
  readonly #listeners = new Map<string, (message: MessageEvent<string>) => void>();

  constructor(readonly url: string) {
    opened.push(this);
  }

  addEventListener(name: string, listener: (message: MessageEvent<string>) => void): void {
    this.#listeners.set(name, listener);
  }

  close(): void {
    this.isClosed = true;
  }

  accept(): void {
    this.onopen?.();
  }

  send(event: LiveEvent, id = ""): void {
    const message = new MessageEvent("message", { data: JSON.stringify(event.data), lastEventId: id });
    this.#listeners.get(event.event)?.(message);
  }

  breakOff(): void {
    this.onerror?.();
  }
}

let opened: PretendEventSource[] = [];

/** Takes the place of the browser's event streams: what has been opened so far, oldest first. */
export function pretendEvents() {
  opened = [];
  vi.stubGlobal("EventSource", PretendEventSource);
  return {
    get all() {
      return opened;
    },
    get open() {
      return opened.filter((source) => !source.isClosed);
    },
  };
}

let channels: PretendChannel[] = [];

class PretendChannel {
  onmessage: ((message: { data: unknown }) => void) | null = null;

  constructor(readonly name: string) {
    channels.push(this);
  }

  postMessage(data: unknown): void {
    const others = channels.filter((channel) => channel !== this && channel.name === this.name);
    queueMicrotask(() => {
      for (const channel of others) if (channels.includes(channel)) channel.onmessage?.({ data });
    });
  }

  close(): void {
    channels = channels.filter((channel) => channel !== this);
  }
}

/** Takes the place of the browser's channel between tabs. Each `Live` of a test is one tab. */
export function pretendTabs(): void {
  channels = [];
  vi.stubGlobal("BroadcastChannel", PretendChannel);
}
