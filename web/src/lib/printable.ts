// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const SUSPECT = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the colours and moves of a terminal
const TERMINAL = /\u001b\[[0-?]*[ -/]*[@-~]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f]/g;
const UNSEEN = /[\u0080-\u009f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]/g;

/** A text of a stranger without what acts instead of being read: terminal codes are left out, other controls become signs. */
export function printable(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return text
    .replace(TERMINAL, "")
    .replace(CONTROL, (sign) => String.fromCharCode(sign === "\u007f" ? 0x2421 : 0x2400 + sign.charCodeAt(0)))
    .replace(UNSEEN, "\ufffd");
}
