import { Button, Modal, Radio, Textarea } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { FileChooser } from "../../components/ui/FileChooser";
import { printable } from "../../lib/printable";
import { common } from "../../text/common";
import { importing as words } from "../../text/serverMods";
import classes from "./HistoryTab.module.css";

type Lock = Schema["LockList"];

const MAX_CHARACTERS = 1_900_000;

interface ImportDialogProps {
  opened: boolean;
  onClose: () => void;
  onRead: (lock: Lock, replace: boolean) => void;
}

/** Takes a list of mods, from a file or pasted; what it would do is shown before anything is done. */
export function ImportDialog({ opened, onClose, onRead }: ImportDialogProps) {
  const isMounted = useMounted();
  const [text, setText] = useState("");
  const [replace, setReplace] = useState(true);
  const read = text.trim() === "" ? null : readList(text);
  const close = () => {
    setText("");
    onClose();
  };
  return (
    <Modal
      opened={opened && isMounted}
      onClose={close}
      title={words.title}
      size={560}
      closeButtonProps={{ "aria-label": common.close }}
    >
      <div className={classes.dialog}>
        <p className={classes.text}>{words.text}</p>
        <Textarea
          className={classes.paste}
          label={words.paste}
          description={words.pasteHint}
          rows={8}
          spellCheck={false}
          value={text}
          error={read?.problem}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <div className={classes.chooser}>
          <FileChooser accept=".json,application/json" onChange={async (file) => file && setText(await file.text())}>
            {(props) => (
              <Button variant="default" {...props}>
                {words.choose}
              </Button>
            )}
          </FileChooser>
          {read?.lock && (
            <span className="quiet" role="status">
              {words.found(read.lock.mods.length, read.lock.server ? printable(read.lock.server) : null)}
            </span>
          )}
        </div>
        <Radio.Group
          label={words.how}
          value={replace ? "replace" : "add"}
          onChange={(how) => setReplace(how === "replace")}
        >
          <div className={classes.choices}>
            <Radio value="replace" label={words.replace} description={words.replaceHint} />
            <Radio value="add" label={words.add} description={words.addHint} />
          </div>
        </Radio.Group>
        <div className={classes.buttons}>
          <Button variant="default" onClick={close}>
            {common.cancel}
          </Button>
          <Button
            disabled={!read?.lock}
            onClick={() => {
              if (!read?.lock) return;
              setText("");
              onRead(read.lock, replace);
            }}
          >
            {words.go}
          </Button>
        </div>
      </div>
    </Modal>
  );
}

/** The manager looks at it more closely; this is for what is no list at all. */
export function readList(text: string): { lock?: Lock; problem?: string } {
  if (text.length > MAX_CHARACTERS) return { problem: words.unreadable(words.tooLarge) };
  try {
    const read: unknown = JSON.parse(text);
    return isList(read) ? { lock: read } : { problem: words.unreadable(words.noList) };
  } catch (error) {
    return { problem: words.unreadable(error instanceof Error ? error.message : "") };
  }
}

function isList(read: unknown): read is Lock {
  return (
    typeof read === "object" &&
    read !== null &&
    "format" in read &&
    String(read.format).startsWith("vsmanager-mods/") &&
    "mods" in read &&
    Array.isArray(read.mods)
  );
}
