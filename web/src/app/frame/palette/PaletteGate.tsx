import { useHotkeys } from "@mantine/hooks";
import { type ComponentType, useCallback, useEffect, useState } from "react";
import { palette as words } from "../../../text/palette";
import { notifyFailure } from "../../notify";
import { onOpenPalette } from "./open";

/** Loads the palette when it is opened for the first time. */
export function PaletteGate() {
  const [Palette, setPalette] = useState<ComponentType | null>(null);
  const open = useCallback(() => {
    import("./Palette").then(
      (loaded) => {
        setPalette(() => loaded.Palette);
        loaded.showPalette();
      },
      () => notifyFailure(words.failedToOpen),
    );
  }, []);
  useEffect(() => onOpenPalette(open), [open]);
  useHotkeys([["mod+K", open]], []);
  return Palette && <Palette />;
}
