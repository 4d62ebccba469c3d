import type { LiveEvent } from "./events";
import { type LostCause, Stream } from "./stream";
import { Tabs } from "./tabs";

export type Connection = { status: "connecting" } | { status: "live" } | { status: "lost"; cause: LostCause };

/** What the tabs tell each other. */
type Note =
  | { about: "state"; connection: Connection; lastId: string | null; version: string | null }
  | { about: "event"; event: LiveEvent; id: string }
  | { about: "restart" };

export interface LiveState {
  connection: Connection;
  /** The version of the manager that answers; null before the first answer. */
  version: string | null;
}

/** Short gaps, such as a restart of the stream, are nobody's business. */
const LOST_AFTER_MS = 4_000;
/** A page that has just come from the manager has a busy browser before it has a manager that is gone. */
const LOST_AT_FIRST_AFTER_MS = 12_000;
/** After so long in the background the connection may have died unnoticed. */
const DOUBTFUL_AFTER_MS = 60_000;

/** The events of the manager, in every tab; one of them holds the connection. */
export class Live {
  #state: LiveState = { connection: { status: "connecting" }, version: null };
  #lastId: string | null = null;
  #stream: Stream | null = null;
  #tabs: Tabs<Note> | null = null;
  #lostTimer: ReturnType<typeof setTimeout> | undefined;
  #cause: LostCause = "unreachable";
  #hiddenSince = 0;
  readonly #stateListeners = new Set<() => void>();
  readonly #eventListeners = new Set<(event: LiveEvent) => void>();

  start(): void {
    if (this.#tabs) return;
    this.#tabs = new Tabs<Note>("vsmanager-live", {
      onLead: () => this.#openStream(),
      onResign: () => this.#closeStream(),
      onNote: (note) => this.#onNote(note),
      summary: () => this.#summary(),
    });
    this.#awaitConnection(LOST_AT_FIRST_AFTER_MS);
    this.#tabs.start();
    window.addEventListener("pagehide", this.#onPageHide);
    window.addEventListener("pageshow", this.#onPageShow);
    window.addEventListener("online", this.#onOnline);
    document.addEventListener("visibilitychange", this.#onVisibility);
  }

  stop(): void {
    this.#pause();
    window.removeEventListener("pagehide", this.#onPageHide);
    window.removeEventListener("pageshow", this.#onPageShow);
    window.removeEventListener("online", this.#onOnline);
    document.removeEventListener("visibilitychange", this.#onVisibility);
    this.#lastId = null;
    this.#set({ connection: { status: "connecting" }, version: null });
  }

  /** Connect anew at once: someone asked for it, or has signed in. */
  restart(): void {
    this.#tabs?.askLeader({ about: "restart" });
  }

  /** Whether this is the tab that is connected; the others hear from it. */
  get holdsStream(): boolean {
    return this.#stream !== null;
  }

  readonly getState = (): LiveState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#stateListeners.add(listener);
    return () => {
      this.#stateListeners.delete(listener);
    };
  };

  onEvent(listener: (event: LiveEvent) => void): () => void {
    this.#eventListeners.add(listener);
    return () => {
      this.#eventListeners.delete(listener);
    };
  }

  #openStream(): void {
    this.#stream = new Stream({
      lastId: () => this.#lastId,
      onOpen: () => this.#connected(),
      onEvent: (event, id) => {
        this.#take(event, id);
        this.#tabs?.tell({ about: "event", event, id });
      },
      onLost: (cause) => this.#lost(cause),
    });
  }

  #closeStream(): void {
    this.#stream?.close();
    this.#stream = null;
  }

  #onNote(note: Note): void {
    if (note.about === "event") this.#take(note.event, note.id);
    else if (note.about === "restart") this.#stream?.restart();
    else {
      this.#lastId = note.lastId ?? this.#lastId;
      if (note.connection.status !== "connecting") clearTimeout(this.#lostTimer);
      this.#set({ connection: note.connection, version: note.version });
    }
  }

  #take(event: LiveEvent, id: string): void {
    if (id) this.#lastId = id;
    if (event.event === "hello") this.#set({ ...this.#state, version: event.data.version });
    for (const listener of this.#eventListeners) listener(event);
  }

  #connected(): void {
    clearTimeout(this.#lostTimer);
    this.#lostTimer = undefined;
    this.#set({ ...this.#state, connection: { status: "live" } });
    this.#tabs?.tell(this.#summary());
  }

  #lost(cause: LostCause): void {
    this.#cause = cause;
    if (this.#state.connection.status === "live") this.#awaitConnection();
    else if (this.#state.connection.status === "lost" || cause === "signed_out") this.#showLost();
  }

  /** Says that the connection is lost, unless it comes (back) within moments. */
  #awaitConnection(milliseconds = LOST_AFTER_MS): void {
    this.#set({ ...this.#state, connection: { status: "connecting" } });
    clearTimeout(this.#lostTimer);
    this.#lostTimer = setTimeout(() => this.#showLost(), milliseconds);
  }

  #showLost(): void {
    clearTimeout(this.#lostTimer);
    this.#set({ ...this.#state, connection: { status: "lost", cause: this.#cause } });
    this.#tabs?.tell(this.#summary());
  }

  #summary(): Note {
    return { about: "state", connection: this.#state.connection, lastId: this.#lastId, version: this.#state.version };
  }

  #set(state: LiveState): void {
    this.#state = state;
    for (const listener of this.#stateListeners) listener();
  }

  #pause(): void {
    clearTimeout(this.#lostTimer);
    this.#tabs?.stop();
    this.#tabs = null;
  }

  readonly #onPageHide = () => this.#pause();

  readonly #onPageShow = (event: PageTransitionEvent) => {
    if (event.persisted) this.start();
  };

  readonly #onOnline = () => this.#stream?.restart();

  readonly #onVisibility = () => {
    if (document.hidden) {
      this.#hiddenSince = Date.now();
    } else if (this.#hiddenSince > 0 && Date.now() - this.#hiddenSince > DOUBTFUL_AFTER_MS) {
      this.#stream?.restart();
    }
  };
}
