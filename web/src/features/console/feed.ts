import { ApiError, api, isSignedOut, type Schema, unwrap } from "../../api/client";
import { sessionEnd } from "../../session/sessionEnd";
import { LineStore } from "./lineStore";

export type Connection =
  | { status: "connecting" }
  | { status: "live" }
  /** It is tried again by itself. */
  | { status: "lost" }
  /** It is not tried again: the manager says no. */
  | { status: "refused"; error: unknown };

interface Frame {
  lines: Schema["ConsoleLineView"][];
  dropped: number;
}

const HISTORY_LINES = 5_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** A connection that held so long was a good one. */
const GOOD_AFTER_MS = 5_000;

/** The console of a server: first what was printed before, then each line as it comes, over one lost connection after another. */
export class ConsoleFeed {
  readonly lines = new LineStore();
  #connection: Connection = { status: "connecting" };
  #hasHistory = false;
  #running: AbortController | null = null;
  #wake: (() => void) | null = null;
  readonly #listeners = new Set<() => void>();

  constructor(readonly serverId: string) {}

  readonly getConnection = (): Connection => this.#connection;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  start(): void {
    this.stop();
    const running = new AbortController();
    this.#running = running;
    this.#set({ status: "connecting" });
    window.addEventListener("online", this.retry, { signal: running.signal });
    document.addEventListener("visibilitychange", this.#onVisibility, { signal: running.signal });
    void this.#run(running.signal);
  }

  stop(): void {
    this.#running?.abort();
    this.#running = null;
    this.lines.stop();
  }

  /** Without waiting any longer; also after a refusal. */
  readonly retry = (): void => {
    if (this.#connection.status === "refused") this.start();
    else this.#wake?.();
  };

  readonly #onVisibility = () => {
    if (!document.hidden) this.#wake?.();
  };

  async #run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; failures += 1) {
      let error: unknown = null;
      try {
        if (!this.#hasHistory) await this.#readHistory(signal);
        const ticket = await this.#askForTicket(signal);
        if (await this.#listen(ticket, signal)) failures = 0;
      } catch (failure) {
        error = failure;
      }
      if (signal.aborted) return;
      if (isSignedOut(error)) sessionEnd.announce();
      else if (isRefusal(error)) return this.#set({ status: "refused", error });
      this.#set({ status: "lost" });
      await this.#wait(waitAfter(failures, error), signal);
    }
  }

  async #readHistory(signal: AbortSignal): Promise<void> {
    const page = await unwrap(
      api.GET("/api/v1/servers/{server_id}/console", {
        params: { path: { server_id: this.serverId }, query: { last: HISTORY_LINES, probes: true } },
        signal,
      }),
    );
    this.lines.append(page.lines);
    this.#hasHistory = true;
  }

  async #askForTicket(signal: AbortSignal): Promise<string> {
    const params = { path: { server_id: this.serverId } };
    const answer = await unwrap(api.POST("/api/v1/servers/{server_id}/console/ticket", { params, signal }));
    return answer.ticket;
  }

  /** Until the connection ends. Tells whether it was a good one. */
  #listen(ticket: string, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = new WebSocket(this.#address(ticket));
      let openedAt = Number.POSITIVE_INFINITY;
      const leave = () => socket.close();
      signal.addEventListener("abort", leave, { once: true });
      socket.onopen = () => {
        openedAt = Date.now();
        if (!signal.aborted) this.#set({ status: "live" });
      };
      socket.onmessage = (message: MessageEvent<unknown>) => {
        const frame = signal.aborted ? null : readFrame(message.data);
        if (frame) this.lines.append(frame.lines, frame.dropped);
      };
      socket.onclose = () => {
        signal.removeEventListener("abort", leave);
        resolve(Date.now() - openedAt > GOOD_AFTER_MS);
      };
    });
  }

  #address(ticket: string): string {
    const scheme = window.location.protocol === "https:" ? "wss" : "ws";
    const query = new URLSearchParams({ ticket, after: String(this.lines.lastSeq) });
    return `${scheme}://${window.location.host}/api/v1/servers/${encodeURIComponent(this.serverId)}/console/ws?${query}`;
  }

  #wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        this.#wake = null;
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      signal.addEventListener("abort", done, { once: true });
      this.#wake = done;
    });
  }

  #set(connection: Connection): void {
    this.#connection = connection;
    for (const listener of this.#listeners) listener();
  }
}

/** Such an answer will be the same the next time. */
function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 403 || error.status === 404);
}

function waitAfter(failures: number, error: unknown): number {
  const asked = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
  const wait = Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS);
  // Not all pages at the same moment, when the manager is back.
  return Math.max(asked, wait * (0.75 + Math.random() / 2));
}

function readFrame(data: unknown): Frame | null {
  if (typeof data !== "string") return null;
  const frame: unknown = JSON.parse(data);
  return typeof frame === "object" && frame !== null && "lines" in frame && Array.isArray(frame.lines)
    ? { lines: frame.lines, dropped: "dropped" in frame && typeof frame.dropped === "number" ? frame.dropped : 0 }
    : null;
}
