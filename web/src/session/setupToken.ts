/** The token of a set-up link (`/setup#token=…`): taken out of the address at once, and kept nowhere but here. */
let taken: string | null = null;

export function takeSetupToken(): string | null {
  const token = tokenIn(window.location.hash);
  if (token) {
    taken = token;
    window.history.replaceState(window.history.state, "", window.location.pathname + window.location.search);
  }
  return taken;
}

/** The token in a pasted link, or in what was pasted if that is one. */
export function tokenIn(text: string): string | null {
  return /[#&?]token=([^&\s]+)/.exec(text)?.[1] ?? null;
}
