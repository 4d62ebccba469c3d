/** Whether the session has ended while a page was open. The page stays; a dialog over it asks to sign in again. */
let hasEnded = false;
const listeners = new Set<() => void>();

function set(value: boolean): void {
  if (hasEnded === value) return;
  hasEnded = value;
  for (const listener of listeners) listener();
}

export const sessionEnd = {
  announce: () => set(true),
  revoke: () => set(false),
  get: () => hasEnded,
  subscribe(listener: () => void) {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  },
};
