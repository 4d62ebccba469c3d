/**
 * The tabs of one browser agree on one that leads. A browser allows six connections to a server, so only the leader holds the stream
 * of events; it tells the others. Works without Web Locks, which browsers keep from pages over plain http.
 */

type Word<Content> =
  | { kind: "ask"; from: string }
  | { kind: "beat"; from: string; claimedAt: number; content: Content }
  | { kind: "left"; from: string }
  | { kind: "ask-leader"; from: string; content: Content }
  | { kind: "note"; from: string; content: Content };

interface TabsHandlers<Content> {
  onLead: () => void;
  onResign: () => void;
  /** The leader has told something (to all), or another tab something to the leader. */
  onNote: (content: Content) => void;
  /** What the leader tells those who join. */
  summary: () => Content;
}

export const BEAT_MS = 4_000;
const SILENT_MS = 3 * BEAT_MS;
const SETTLE_MS = 120;

export class Tabs<Content> {
  readonly #id = Math.random().toString(36).slice(2);
  #channel: BroadcastChannel | null = null;
  /** When the tab that leads, as far as this one knows, said that it does; of two, the later one leads. */
  #claim: { at: number; by: string } | null = null;
  #heardAt = 0;
  #beat: ReturnType<typeof setInterval> | undefined;
  #standing: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly name: string,
    private readonly handlers: TabsHandlers<Content>,
  ) {}

  get isLeader(): boolean {
    return this.#claim?.by === this.#id;
  }

  start(): void {
    if (typeof BroadcastChannel === "undefined") {
      this.#lead();
      return;
    }
    this.#channel = new BroadcastChannel(this.name);
    this.#channel.onmessage = (message: MessageEvent<Word<Content>>) => this.#hear(message.data);
    this.#say({ kind: "ask", from: this.#id });
    this.#standSoon();
    this.#beat = setInterval(() => this.#onBeat(), BEAT_MS);
    document.addEventListener("visibilitychange", this.#onVisibility);
  }

  /** Another tab takes over at once. */
  stop(): void {
    clearTimeout(this.#standing);
    clearInterval(this.#beat);
    document.removeEventListener("visibilitychange", this.#onVisibility);
    if (this.isLeader) {
      this.handlers.onResign();
      this.#say({ kind: "left", from: this.#id });
    }
    this.#claim = null;
    this.#channel?.close();
    this.#channel = null;
  }

  /** To all other tabs; only the leader has something to tell. */
  tell(content: Content): void {
    if (this.isLeader) this.#say({ kind: "note", from: this.#id, content });
  }

  /** To the leader, wherever it is. */
  askLeader(content: Content): void {
    if (this.isLeader) this.handlers.onNote(content);
    else this.#say({ kind: "ask-leader", from: this.#id, content });
  }

  #hear(word: Word<Content>): void {
    switch (word.kind) {
      case "ask":
        if (this.isLeader) this.#tellState();
        return;
      case "beat":
        this.#hearBeat(word);
        return;
      case "left":
        if (this.#claim?.by === word.from) {
          this.#claim = null;
          this.#standSoon();
        }
        return;
      case "ask-leader":
        if (this.isLeader) this.handlers.onNote(word.content);
        return;
      case "note":
        if (this.#claim?.by === word.from) this.handlers.onNote(word.content);
    }
  }

  #hearBeat(word: { from: string; claimedAt: number; content: Content }): void {
    const known = this.#claim;
    if (known && known.by !== word.from && isLater(known, { at: word.claimedAt, by: word.from })) {
      if (this.isLeader) this.#tellState();
      return;
    }
    if (this.isLeader) this.handlers.onResign();
    clearTimeout(this.#standing);
    this.#claim = { at: word.claimedAt, by: word.from };
    this.#heardAt = Date.now();
    this.handlers.onNote(word.content);
  }

  #onBeat(): void {
    if (this.isLeader) this.#tellState();
    else this.#replaceSilentLeader();
  }

  readonly #onVisibility = () => {
    if (!document.hidden && !this.isLeader) this.#replaceSilentLeader();
  };

  /** Browsers slow hidden tabs down or stop them; whoever looks at a tab of ours must not wait for one of those. */
  #replaceSilentLeader(): void {
    if (!document.hidden && this.#claim && Date.now() - this.#heardAt > SILENT_MS) this.#lead();
  }

  #standSoon(): void {
    clearTimeout(this.#standing);
    this.#standing = setTimeout(
      () => {
        if (this.#claim === null) this.#lead();
      },
      SETTLE_MS * (1 + Math.random()),
    );
  }

  #lead(): void {
    this.#claim = { at: Date.now(), by: this.#id };
    this.handlers.onLead();
    this.#tellState();
  }

  #tellState(): void {
    if (this.#claim) {
      this.#say({ kind: "beat", from: this.#id, claimedAt: this.#claim.at, content: this.handlers.summary() });
    }
  }

  #say(word: Word<Content>): void {
    this.#channel?.postMessage(word);
  }
}

function isLater(one: { at: number; by: string }, other: { at: number; by: string }): boolean {
  return one.at === other.at ? one.by > other.by : one.at > other.at;
}
