import { ApiUnreachable, api, unwrap } from "../api/client";
import { LIVE_EVENT_NAMES, type LiveEvent } from "./events";

/** Why there is no connection: nobody answers, nobody is signed in, or the manager has refused the stream. */
export type LostCause = "unreachable" | "signed_out" | "refused";

interface StreamHandlers {
  onOpen: () => void;
  onEvent: (event: LiveEvent, id: string) => void;
  onLost: (cause: LostCause) => void;
  /** The last event that was received, to go on after it. */
  lastId: () => string | null;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5_000;
/** After so long without an event it is asked whether anyone is there: a manager that hangs, or a line that is dead, says nothing. */
const SILENT_AFTER_MS = 30_000;
const ANSWER_WITHIN_MS = 10_000;

/** The connection to the manager's events. It comes back by itself, at the event where it broke off. */
export class Stream {
  #source: EventSource | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #isClosed = false;

  constructor(private readonly handlers: StreamHandlers) {
    this.#connect();
  }

  /** Start over now, with whoever is signed in now. */
  restart(): void {
    if (this.#isClosed) return;
    this.#failures = 0;
    this.#connect();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    this.#source?.close();
    this.#source = null;
  }

  #connect(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    this.#source?.close();
    const lastId = this.handlers.lastId();
    const query = lastId ? `?last_event_id=${encodeURIComponent(lastId)}` : "";
    const source = new EventSource(`/api/v1/events${query}`);
    this.#source = source;
    source.onopen = () => {
      this.#failures = 0;
      this.#heard(source);
      this.handlers.onOpen();
    };
    // The browser would try again by itself, but not after every kind of failure, and without telling why.
    source.onerror = () => this.#failed(source);
    for (const name of LIVE_EVENT_NAMES) {
      source.addEventListener(name, (message) => {
        this.#heard(source);
        this.#received(name, message);
      });
    }
  }

  #received(name: LiveEvent["event"], message: MessageEvent<string>): void {
    let data: unknown;
    try {
      data = JSON.parse(message.data);
    } catch {
      return;
    }
    this.handlers.onEvent({ event: name, data } as LiveEvent, message.lastEventId);
  }

  #heard(source: EventSource): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#askWhetherThere(source), SILENT_AFTER_MS);
  }

  async #askWhetherThere(source: EventSource): Promise<void> {
    const cause = await causeOfFailure();
    if (this.#isClosed || this.#source !== source) return;
    if (cause === "unreachable") await this.#failed(source, cause);
    else this.#heard(source);
  }

  async #failed(source: EventSource, knownCause?: LostCause): Promise<void> {
    if (this.#source !== source) return;
    source.close();
    clearTimeout(this.#silence);
    this.#source = null;
    const cause = knownCause ?? (await causeOfFailure());
    if (this.#isClosed || this.#source !== null) return;
    this.handlers.onLost(cause);
    const wait = Math.min(FIRST_WAIT_MS * 2 ** this.#failures, LONGEST_WAIT_MS);
    this.#failures += 1;
    // Browsers that lost the same manager don't all come back in the same moment.
    this.#timer = setTimeout(() => this.#connect(), wait * (1 + Math.random() * 0.3));
  }
}

/** An EventSource does not say why it failed, so the session is asked. */
async function causeOfFailure(): Promise<LostCause> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), ANSWER_WITHIN_MS);
  try {
    const session = await unwrap(api.GET("/api/v1/session", { signal: patience.signal }));
    return session.state === "signed_in" ? "refused" : "signed_out";
  } catch (error) {
    return error instanceof ApiUnreachable || patience.signal.aborted ? "unreachable" : "refused";
  } finally {
    clearTimeout(timer);
  }
}
