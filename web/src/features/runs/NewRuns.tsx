import { Button } from "@mantine/core";
import { IconArrowUp } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { runs as words } from "../../text/runs";
import classes from "./NewRuns.module.css";

/** From here on someone reads further down, and what they read should stay where it is. */
const SCROLLED_PX = 160;

/** Holds new runs back while someone has scrolled down; back at the top they are all there. */
export function useSteadyRuns<Run extends { id: string }>(runs: readonly Run[]) {
  const [newestShown, setNewestShown] = useState<string | null>(null);
  const newest = runs[0]?.id ?? null;

  useEffect(() => {
    const onScroll = () => setNewestShown((known) => (window.scrollY > SCROLLED_PX ? (known ?? newest) : null));
    onScroll();
    window.addEventListener("scroll", onScroll, { passive: true });
    return () => window.removeEventListener("scroll", onScroll);
  }, [newest]);

  // Ids of runs sort by time.
  const shown = newestShown === null ? runs : runs.filter((run) => run.id <= newestShown);
  const release = () => {
    setNewestShown(null);
    window.scrollTo({ top: 0 });
  };
  return { shown, held: runs.length - shown.length, release };
}

export function NewRuns({ count, onShow }: { count: number; onShow: () => void }) {
  return (
    <div className={classes.place} role="status">
      {count > 0 && (
        <Button size="xs" leftSection={<IconArrowUp size={16} stroke={1.8} aria-hidden="true" />} onClick={onShow}>
          {words.newRuns(count)}
        </Button>
      )}
    </div>
  );
}
