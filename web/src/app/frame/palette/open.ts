let open: (() => void) | null = null;

/** Opens the palette, wherever it is. */
export function openPalette(): void {
  open?.();
}

/** The palette says how it is opened. */
export function onOpenPalette(handler: () => void): () => void {
  open = handler;
  return () => {
    if (open === handler) open = null;
  };
}
