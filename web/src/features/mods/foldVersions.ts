interface Parsed {
  text: string;
  /** All but the number that counts up: "1.21.", "1.21.0-rc.". */
  stem: string;
  counter: number;
  order: readonly number[];
}

const VERSION = /^v?(\d+)\.(\d+)\.(\d+)(?:-(dev|pre|rc)\.?(\d+))?$/;
const STAGES = ["dev", "pre", "rc"];
const RELEASED = STAGES.length;

/** Many versions as a few ranges, newest first: "1.21.0–1.21.6", "1.20.12". What is no version stays as it is, at the end. */
export function foldVersions(versions: readonly string[]): string[] {
  const parsed = versions.map(parse);
  const known = parsed.filter((version) => version !== null).sort(newestFirst);
  const strange = versions.filter((_, index) => parsed[index] === null);
  const ranges: { newest: Parsed; oldest: Parsed }[] = [];
  for (const version of known) {
    const range = ranges.at(-1);
    if (range && range.oldest.stem === version.stem && range.oldest.counter - version.counter <= 1)
      range.oldest = version;
    else ranges.push({ newest: version, oldest: version });
  }
  return [...ranges.map(({ newest, oldest }) => written(oldest, newest)), ...strange];
}

function written(oldest: Parsed, newest: Parsed): string {
  return oldest.text === newest.text ? newest.text : `${oldest.text}\u2013${newest.text}`;
}

function parse(text: string): Parsed | null {
  const [, major, minor, patch, stage, counter] = VERSION.exec(text.trim()) ?? [];
  if (major === undefined || minor === undefined || patch === undefined) return null;
  const line = `${major}.${minor}.`;
  const numbers = [Number(major), Number(minor), Number(patch)];
  if (stage === undefined || counter === undefined) {
    return { text: line + patch, stem: line, counter: Number(patch), order: [...numbers, RELEASED, 0] };
  }
  const stem = `${line}${patch}-${stage}.`;
  return {
    text: stem + counter,
    stem,
    counter: Number(counter),
    order: [...numbers, STAGES.indexOf(stage), Number(counter)],
  };
}

function newestFirst(one: Parsed, other: Parsed): number {
  for (const [index, number] of one.order.entries()) {
    const difference = (other.order[index] ?? 0) - number;
    if (difference !== 0) return difference;
  }
  return 0;
}
