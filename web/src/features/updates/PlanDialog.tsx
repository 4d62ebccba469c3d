import { Button, Modal } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { common } from "../../text/common";
import { plan as planWords, updates as words } from "../../text/updates";
import { hasNews } from "./looks";
import { PlanBody } from "./PlanBody";

/** A button where there is something to do, and behind it what an update would do, how it goes, and what came of it: the dialog
 *  stays when the button is needed no more. */
export function PlanButton({ state, isQuiet = false }: { state: Schema["UpdateState"]; isQuiet?: boolean }) {
  const [opened, setOpened] = useState(false);
  const [number, setNumber] = useState(0);
  const isMounted = useMounted();
  const close = () => setOpened(false);
  return (
    <>
      {hasNews(state) && !state.current && (
        <Button
          variant={isQuiet ? "default" : "filled"}
          size={isQuiet ? "xs" : "sm"}
          aria-label={isQuiet ? words.lookOf(state.server_name) : undefined}
          onClick={() => {
            setNumber(number + 1);
            setOpened(true);
          }}
        >
          {words.look}
        </Button>
      )}
      <Modal
        opened={opened && isMounted}
        onClose={close}
        title={planWords.title(state.server_name)}
        size={680}
        closeButtonProps={{ "aria-label": common.close }}
      >
        <PlanBody key={number} state={state} onClose={close} />
      </Modal>
    </>
  );
}
