import { Modal } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import { lazy, type ReactNode, Suspense, useCallback, useState } from "react";
import type { Schema } from "../../api/client";
import type { Wish } from "../../api/serverMods";
import { common } from "../../text/common";
import { plan as words } from "../../text/serverMods";
import { LoadingState } from "../ui/LoadingState";

const PlanBody = lazy(() => import("./PlanBody"));

export type PlanServer = Pick<Schema["ServerView"], "id" | "players_online">;

export interface Asked {
  number: number;
  title: string;
  wish: Wish;
  /** The run has begun. */
  onDone?: () => void;
  choice?: Choice;
}

/** What can be chosen above the plan; what is chosen is planned anew. */
export type Choice = (wish: Wish, onChange: (wish: Wish) => void) => ReactNode;

/** A dialog that shows what a wish would do, does it, and tells how it goes: `plan.ask(title, wish)`, and `plan.dialog` in the page. */
export function usePlanDialog(server: PlanServer | undefined) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const [opened, setOpened] = useState(false);
  const isMounted = useMounted();
  const ask = useCallback((title: string, wish: Wish, onDone?: () => void, choice?: Choice) => {
    setAsked((before) => ({ number: (before?.number ?? 0) + 1, title, wish, onDone, choice }));
    setOpened(true);
  }, []);
  const close = useCallback(() => setOpened(false), []);
  const dialog = (
    <Modal
      opened={opened && isMounted}
      onClose={close}
      title={asked?.title}
      size={640}
      closeButtonProps={{ "aria-label": common.close }}
    >
      {asked && server && (
        <Suspense fallback={<LoadingState label={words.working} rows={5} />}>
          <PlanBody key={asked.number} server={server} asked={asked} onClose={close} />
        </Suspense>
      )}
    </Modal>
  );
  return { ask, dialog };
}
