import { Button, Modal } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import { IconX } from "@tabler/icons-react";
import { type DragEvent, useEffect, useReducer, useRef, useState } from "react";
import type { Schema } from "../../api/client";
import { FileChooser } from "../../components/ui/FileChooser";
import { messageOf } from "../../components/ui/FormError";
import { StateMark } from "../../components/ui/StateMark";
import { formatBytes } from "../../lib/bytes";
import { printable } from "../../lib/printable";
import { common } from "../../text/common";
import { uploads as words } from "../../text/serverMods";
import { uploadMod } from "./api/upload";
import classes from "./UploadDialog.module.css";

type Uploaded = Schema["UploadedMod"];

const KINDS = ".zip,.dll,.cs";

interface Chosen {
  id: number;
  file: File;
  uploaded: Uploaded | null;
  problem: string | null;
}

type Change =
  | { do: "add"; files: readonly Chosen[] }
  | { do: "tell"; id: number; uploaded: Uploaded | null; problem: string | null }
  | { do: "leave out"; id: number }
  | { do: "clear" };

function changed(files: readonly Chosen[], change: Change): readonly Chosen[] {
  switch (change.do) {
    case "add":
      return [...files, ...change.files];
    case "tell":
      return files.map((file) =>
        file.id === change.id ? { ...file, uploaded: change.uploaded, problem: change.problem } : file,
      );
    case "leave out":
      return files.filter((file) => file.id !== change.id);
    case "clear":
      return [];
  }
}

/** Files from one's own device: dropped anywhere on the page or chosen, sent to be checked, then handed on to be installed. */
export function useUploads(serverId: string, onReady: (uploaded: Uploaded[]) => void) {
  const [files, change] = useReducer(changed, []);
  const [opened, setOpened] = useState(false);
  const [dropDepth, setDropDepth] = useState(0);
  const nextId = useRef(0);
  const isMounted = useMounted();
  const stop = useStop();

  const take = (taken: readonly File[]) => {
    const added = taken.map((file) => ({ id: nextId.current++, file, uploaded: null, problem: problemOf(file) }));
    change({ do: "add", files: added });
    setOpened(true);
    void sendInTurn(added.filter((one) => one.problem === null));
  };
  const sendInTurn = async (added: readonly Chosen[]) => {
    for (const { id, file } of added) {
      const signal = stop.signal();
      try {
        change({ do: "tell", id, uploaded: await uploadMod(serverId, file, signal), problem: null });
      } catch (error) {
        if (signal.aborted) return;
        change({ do: "tell", id, uploaded: null, problem: messageOf(error) });
      }
    }
  };
  const close = () => {
    stop.now();
    setOpened(false);
    change({ do: "clear" });
  };
  const ready = files.flatMap(({ uploaded }) => uploaded ?? []);
  const isBusy = files.some(({ uploaded, problem }) => uploaded === null && problem === null);
  const dialog = (
    <Modal
      opened={opened && isMounted}
      onClose={close}
      title={words.title}
      size={560}
      closeButtonProps={{ "aria-label": common.close }}
    >
      <div className={classes.body}>
        <p className={classes.text}>{words.text}</p>
        <DropArea onFiles={take} />
        {files.length > 0 && (
          <ul className={classes.files} aria-label={words.list}>
            {files.map((one) => (
              <ChosenFile key={one.id} chosen={one} onLeaveOut={() => change({ do: "leave out", id: one.id })} />
            ))}
          </ul>
        )}
        <div className={classes.buttons}>
          <Button variant="default" onClick={close}>
            {common.cancel}
          </Button>
          <Button
            disabled={ready.length === 0 || isBusy}
            onClick={() => {
              close();
              onReady(ready);
            }}
          >
            {words.go(ready.length)}
          </Button>
        </div>
      </div>
    </Modal>
  );
  const dropTarget = {
    onDragEnter: (event: DragEvent) => hasFiles(event) && setDropDepth((depth) => depth + 1),
    onDragLeave: (event: DragEvent) => hasFiles(event) && setDropDepth((depth) => Math.max(0, depth - 1)),
    onDragOver: (event: DragEvent) => hasFiles(event) && event.preventDefault(),
    onDrop: (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setDropDepth(0);
      take([...event.dataTransfer.files]);
    },
  };
  return { open: () => setOpened(true), dialog, dropTarget, isDropping: dropDepth > 0 };
}

function DropArea({ onFiles }: { onFiles: (files: readonly File[]) => void }) {
  return (
    <div className={classes.drop}>
      <span>{words.drop}</span>
      <FileChooser multiple accept={KINDS} onChange={(files) => files.length > 0 && onFiles(files)}>
        {(props) => (
          <Button variant="default" {...props}>
            {words.choose}
          </Button>
        )}
      </FileChooser>
    </div>
  );
}

function ChosenFile({ chosen, onLeaveOut }: { chosen: Chosen; onLeaveOut: () => void }) {
  const { file, uploaded, problem } = chosen;
  const name = printable(uploaded?.name ?? file.name);
  return (
    <li className={classes.file}>
      <div className={classes.line}>
        <span className={classes.name}>{name}</span>
        <span className="quiet tabular">{formatBytes(file.size)}</span>
        {problem === null && (
          <StateMark
            tone={uploaded ? "ok" : "busy"}
            label={uploaded ? words.ready(uploaded.version && printable(uploaded.version)) : words.uploading}
            quiet
          />
        )}
        <button type="button" className={classes.leave} aria-label={words.leaveOut(name)} onClick={onLeaveOut}>
          <IconX size={14} stroke={2} aria-hidden="true" />
        </button>
      </div>
      {problem !== null && (
        <p className={classes.problem} role="alert">
          <StateMark tone="bad" label={printable(problem)} quiet isSentence />
        </p>
      )}
      {uploaded?.troubles.map((trouble) => (
        <p key={trouble.code} className={classes.problem}>
          <StateMark tone="warn" label={printable(trouble.message)} quiet isSentence />
        </p>
      ))}
    </li>
  );
}

const problemOf = (file: File): string | null => (/\.(zip|dll|cs)$/i.test(file.name) ? null : words.wrongKind);

const hasFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes("Files");

/** Ends what is being sent, when the dialog is closed or the page is left. */
function useStop() {
  const controller = useRef(new AbortController());
  useEffect(() => () => controller.current.abort(), []);
  return {
    signal: () => {
      if (controller.current.signal.aborted) controller.current = new AbortController();
      return controller.current.signal;
    },
    now: () => controller.current.abort(),
  };
}
