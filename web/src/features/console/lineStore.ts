import type { Schema } from "../../api/client";
import { groupOf, LINE_GROUPS, type LineGroup } from "../../lib/lineTypes";
import { printable } from "../../lib/printable";

export type Line = Schema["ConsoleLineView"];

/** A place where lines are missing. `seq` is that of the line before. */
export interface Gap {
  id: string;
  seq: number;
  dropped: number;
}

export type Row = Line | Gap;

export const isGap = (row: Row): row is Gap => "dropped" in row;

/** The page keeps at least so many lines, and cuts off older ones by the thousands. */
export const KEPT_ROWS = 100_000;
const CUT_AFTER = 10_000;
/** So many lines are taken in at once, whether or not the browser draws. */
const WAITING_AT_MOST = 20_000;
/** To place very many rows takes a while: then it is done less often, so that there is time for whoever scrolls and types. */
const MANY_ROWS = 20_000;
const PAUSE_WITH_MANY_MS = 50;

/** Which lines are shown; no group chosen means all of them. */
export interface LineFilter {
  groups: ReadonlySet<LineGroup>;
  showsProbes: boolean;
}

export interface ShownLines {
  /** Grows in place; `count` of them belong to this state. */
  rows: readonly Row[];
  count: number;
  /** Another number: rows have moved to other places. */
  arrangement: number;
  isFollowing: boolean;
  /** Lines that came while it is not followed, and that the filter shows. */
  unseen: number;
  /** Older lines were cut off here. */
  isCut: boolean;
  /** Places in `rows` of lines that hold the searched text. */
  hits: readonly number[];
  /** All lines at hand, by group, without what the manager asked for itself. */
  counts: Readonly<Record<LineGroup, number>>;
}

const noCounts = () => Object.fromEntries(LINE_GROUPS.map((group) => [group, 0])) as Record<LineGroup, number>;

/** The lines of a console: takes in thousands a second, and tells of them at most once for each picture that is drawn. */
export class LineStore {
  #all: Row[] = [];
  #waiting: Row[] = [];
  #rows: Row[] = [];
  #hits: number[] = [];
  #counts = noCounts();
  #filter: LineFilter = { groups: new Set(), showsProbes: false };
  #needle = "";
  /** The last line that is shown while it is not followed. */
  #heldAt: number | null = null;
  #unseen = 0;
  #isCut = false;
  #arrangement = 0;
  #lastSeq = 0;
  #gaps = 0;
  #frame: number | undefined;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #takenInAt = 0;
  #shown: ShownLines = this.#summary();
  readonly #listeners = new Set<() => void>();

  /** The number of the last line, to go on from. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  readonly getShown = (): ShownLines => this.#shown;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  /** Lines in their order, of which those known already are left out; `dropped` are missing before them. */
  append(lines: readonly Line[], dropped = 0): void {
    if (dropped > 0) {
      this.#gaps += 1;
      this.#waiting.push({ id: `gap ${this.#gaps}`, seq: this.#lastSeq, dropped });
    }
    for (const line of lines) {
      if (line.seq <= this.#lastSeq) continue;
      this.#lastSeq = line.seq;
      const text = printable(line.text);
      this.#waiting.push(text === line.text ? line : { ...line, text });
    }
    if (this.#waiting.length >= WAITING_AT_MOST) this.#takeIn();
    else if (this.#waiting.length > 0) this.#takeInSoon();
  }

  setFilter(filter: LineFilter): void {
    this.#filter = filter;
    this.#arrange();
  }

  /** The lines that hold this text, in whatever case, become `hits`. */
  search(text: string): void {
    this.#needle = text.toLowerCase();
    this.#hits = [];
    if (this.#needle) this.#rows.forEach((row, place) => void (this.#isHit(row) && this.#hits.push(place)));
    this.#tell();
  }

  /** New lines are kept, but what is shown stays as it is. */
  hold(): void {
    if (this.#heldAt !== null) return;
    this.#heldAt = this.#all.at(-1)?.seq ?? 0;
    this.#unseen = 0;
    this.#tell();
  }

  follow(): void {
    if (this.#heldAt === null) return;
    this.#heldAt = null;
    this.#arrange();
  }

  /** Nothing more is told until further lines come. */
  stop(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    clearTimeout(this.#pause);
    this.#frame = undefined;
    this.#pause = undefined;
  }

  #takeInSoon(): void {
    if (this.#frame !== undefined || this.#pause !== undefined) return;
    const pause = this.#all.length > MANY_ROWS ? this.#takenInAt + PAUSE_WITH_MANY_MS - performance.now() : 0;
    if (pause > 0) this.#pause = setTimeout(() => this.#takeInAtNextFrame(), pause);
    else this.#takeInAtNextFrame();
  }

  #takeInAtNextFrame(): void {
    this.#frame = requestAnimationFrame(() => this.#takeIn());
  }

  #takeIn(): void {
    this.stop();
    this.#takenInAt = performance.now();
    for (const row of this.#waiting) {
      this.#all.push(row);
      this.#count(row, 1);
      if (!this.#isShown(row)) continue;
      if (this.#heldAt === null) this.#show(row);
      else if (!isGap(row)) this.#unseen += 1;
    }
    this.#waiting = [];
    if (this.#all.length > KEPT_ROWS + CUT_AFTER) this.#cut(this.#all.length - KEPT_ROWS);
    this.#tell();
  }

  #show(row: Row): void {
    this.#rows.push(row);
    if (this.#needle && this.#isHit(row)) this.#hits.push(this.#rows.length - 1);
  }

  #cut(surplus: number): void {
    this.#isCut = true;
    let gone = 0;
    for (const row of this.#all.splice(0, surplus)) {
      this.#count(row, -1);
      if (row === this.#rows[gone]) gone += 1;
    }
    // What someone reads stays until they follow again.
    if (this.#heldAt !== null) return;
    this.#rows = this.#rows.slice(gone);
    this.#hits = this.#hits.filter((place) => place >= gone).map((place) => place - gone);
    this.#arrangement += 1;
  }

  #arrange(): void {
    this.#rows = [];
    this.#hits = [];
    this.#unseen = 0;
    for (const row of this.#all) {
      if (!this.#isShown(row)) continue;
      if (this.#heldAt === null || row.seq <= this.#heldAt) this.#show(row);
      else if (!isGap(row)) this.#unseen += 1;
    }
    this.#arrangement += 1;
    this.#tell();
  }

  #isShown(row: Row): boolean {
    if (isGap(row)) return true;
    if (row.is_probe && !this.#filter.showsProbes) return false;
    return this.#filter.groups.size === 0 || this.#filter.groups.has(groupOf(row.type));
  }

  #isHit(row: Row): boolean {
    return !isGap(row) && row.text.toLowerCase().includes(this.#needle);
  }

  #count(row: Row, by: 1 | -1): void {
    if (!isGap(row) && !row.is_probe) this.#counts[groupOf(row.type)] += by;
  }

  #summary(): ShownLines {
    return {
      rows: this.#rows,
      count: this.#rows.length,
      arrangement: this.#arrangement,
      isFollowing: this.#heldAt === null,
      unseen: this.#unseen,
      isCut: this.#isCut,
      hits: this.#hits.slice(),
      counts: { ...this.#counts },
    };
  }

  #tell(): void {
    this.#shown = this.#summary();
    for (const listener of this.#listeners) listener();
  }
}
