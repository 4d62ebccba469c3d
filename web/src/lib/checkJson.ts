/** Why a text is no good JSON: `text/serverMods` has the words. */
export type JsonProblem = "value" | "name" | "colon" | "comma" | "text" | "comment" | "word" | "rest" | "open";

export interface JsonMistake {
  problem: JsonProblem;
  /** Where in the text, from 0. */
  offset: number;
  /** From 1. */
  line: number;
  column: number;
}

const SPACE = /[\s\ufeff\u00a0]/;
const WORD = /[^\s,:[\]{}"'/]/;
const VALUE = /^(true|false|null|[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)$/;

/** Looks for the first mistake, as leniently as the manager reads it: comments, loose commas and bare names pass. */
export function checkJson(text: string): JsonMistake | null {
  try {
    const reader = new Reader(text);
    reader.space();
    reader.value();
    reader.space();
    if (reader.at < text.length) reader.fail("rest");
    return null;
  } catch (mistake) {
    if (mistake instanceof Mistake) return placed(text, mistake);
    throw mistake;
  }
}

class Mistake extends Error {
  constructor(
    readonly problem: JsonProblem,
    readonly offset: number,
  ) {
    super(problem);
  }
}

function placed(text: string, { problem, offset }: Mistake): JsonMistake {
  const before = text.slice(0, offset).split("\n");
  return { problem, offset, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

class Reader {
  at = 0;

  constructor(readonly text: string) {}

  fail(problem: JsonProblem, offset = this.at): never {
    throw new Mistake(
      offset >= this.text.length && problem !== "text" && problem !== "comment" ? "open" : problem,
      offset,
    );
  }

  space(): void {
    for (;;) {
      const sign = this.text[this.at];
      if (sign !== undefined && SPACE.test(sign)) this.at += 1;
      else if (sign === "/" && this.text[this.at + 1] === "/") this.#to("\n");
      else if (sign === "/" && this.text[this.at + 1] === "*") {
        const end = this.text.indexOf("*/", this.at + 2);
        if (end < 0) this.fail("comment");
        this.at = end + 2;
      } else return;
    }
  }

  /** What is open stands in a list of its own: files nested without end must not end the page. */
  value(): void {
    const open: ("}" | "]")[] = [];
    let isNext = true;
    for (;;) {
      this.space();
      const sign = this.text[this.at];
      const end = open.at(-1);
      if (end !== undefined && sign === end) {
        this.at += 1;
        open.pop();
        isNext = false;
      } else if (!isNext) {
        if (sign !== ",") this.fail("comma");
        this.at += 1;
        isNext = true;
        continue;
      } else {
        if (end === "}") this.#name();
        const first = this.text[this.at];
        if (first === "{" || first === "[") {
          this.at += 1;
          open.push(first === "{" ? "}" : "]");
          continue;
        }
        this.#single();
        isNext = false;
      }
      if (open.length === 0) return;
    }
  }

  #name(): void {
    const sign = this.text[this.at];
    if (sign === '"' || sign === "'") this.#quoted(sign);
    else if (this.#word() === "") this.fail("name");
    this.space();
    if (this.text[this.at] !== ":") this.fail("colon");
    this.at += 1;
    this.space();
  }

  #single(): void {
    const sign = this.text[this.at];
    if (sign === '"' || sign === "'") {
      this.#quoted(sign);
      return;
    }
    const start = this.at;
    const word = this.#word();
    if (word === "") this.fail("value");
    if (!VALUE.test(word)) this.fail("word", start);
  }

  #word(): string {
    const start = this.at;
    while (this.at < this.text.length && WORD.test(this.text[this.at] ?? "")) this.at += 1;
    return this.text.slice(start, this.at);
  }

  #quoted(quote: string): void {
    const start = this.at;
    this.at += 1;
    while (this.at < this.text.length) {
      const sign = this.text[this.at];
      if (sign === "\\") this.at += 2;
      else if (sign === quote) {
        this.at += 1;
        return;
      } else if (sign === "\n") break;
      else this.at += 1;
    }
    this.fail("text", start);
  }

  #to(end: string): void {
    const place = this.text.indexOf(end, this.at);
    this.at = place < 0 ? this.text.length : place + end.length;
  }
}
