interface Hunk {
  /** Lines of the base from `start` to before `end` are replaced. */
  start: number;
  end: number;
  lines: readonly string[];
}

/** More than this is compared as one block: a table of it would be too large. */
const MOST_CELLS = 4_000_000;

/** What two people have made of one text, put together by lines; null where both changed the same ones. */
export function mergeLines(base: string, mine: string, theirs: string): string | null {
  if (mine === theirs || theirs === base) return mine;
  if (mine === base) return theirs;
  const lines = base.split("\n");
  const ours = hunksOf(lines, mine.split("\n"));
  const others = hunksOf(lines, theirs.split("\n"));
  const all = [...ours, ...others].sort((one, other) => one.start - other.start || one.end - other.end);
  const merged: string[] = [];
  let at = 0;
  let last: Hunk | null = null;
  for (const hunk of all) {
    if (last !== null && isSame(last, hunk)) continue;
    // Hunks that touch depend on each other, too.
    if (last !== null && hunk.start <= last.end) return null;
    merged.push(...lines.slice(at, hunk.start), ...hunk.lines);
    at = hunk.end;
    last = hunk;
  }
  return [...merged, ...lines.slice(at)].join("\n");
}

const isSame = (one: Hunk, other: Hunk) =>
  one.start === other.start && one.end === other.end && one.lines.join("\n") === other.lines.join("\n");

function hunksOf(before: readonly string[], after: readonly string[]): Hunk[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  const most = Math.min(before.length, after.length) - head;
  while (tail < most && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  const old = before.slice(head, before.length - tail);
  const now = after.slice(head, after.length - tail);
  if (old.length === 0 && now.length === 0) return [];
  if (old.length * now.length > MOST_CELLS) return [{ start: head, end: head + old.length, lines: now }];
  return parted(old, now).map(({ start, end, lines }) => ({ start: start + head, end: end + head, lines }));
}

/** By the longest lines that both have in common. */
function parted(old: readonly string[], now: readonly string[]): Hunk[] {
  const width = now.length + 1;
  const common = new Uint32Array((old.length + 1) * width);
  const cell = (row: number, column: number) => common[row * width + column] ?? 0;
  for (let row = old.length - 1; row >= 0; row -= 1) {
    for (let column = now.length - 1; column >= 0; column -= 1) {
      common[row * width + column] =
        old[row] === now[column]
          ? cell(row + 1, column + 1) + 1
          : Math.max(cell(row + 1, column), cell(row, column + 1));
    }
  }
  const hunks: Hunk[] = [];
  let row = 0;
  let column = 0;
  while (row < old.length || column < now.length) {
    const [start, first] = [row, column];
    while (row < old.length || column < now.length) {
      if (row < old.length && column < now.length && old[row] === now[column]) break;
      if (column >= now.length || (row < old.length && cell(row + 1, column) >= cell(row, column + 1))) row += 1;
      else column += 1;
    }
    if (row > start || column > first) hunks.push({ start, end: row, lines: now.slice(first, column) });
    while (row < old.length && column < now.length && old[row] === now[column]) {
      row += 1;
      column += 1;
    }
  }
  return hunks;
}
