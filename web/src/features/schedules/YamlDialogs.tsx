import { Button, Checkbox, Modal, Textarea } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { DialogButtons } from "../../components/ui/DialogButtons";
import { ErrorState } from "../../components/ui/ErrorState";
import { FileChooser } from "../../components/ui/FileChooser";
import { FormError, fieldErrors } from "../../components/ui/FormError";
import { LoadingState } from "../../components/ui/LoadingState";
import { copyText } from "../../lib/copyText";
import { downloadText } from "../../lib/download";
import { common } from "../../text/common";
import { schedules as listWords, yaml as words } from "../../text/schedules";
import { exportQuery, useApplyText } from "./api/yaml";
import classes from "./dialogs.module.css";

type Server = Pick<Schema["ServerView"], "id" | "name">;
type Applied = Schema["AppliedSchedules"];

const MOST_CHARACTERS = 500_000;

export function ExportButton({ server }: { server: Server }) {
  const [opened, setOpened] = useState(false);
  const isMounted = useMounted();
  return (
    <>
      <Button variant="default" onClick={() => setOpened(true)}>
        {listWords.asText}
      </Button>
      <Modal
        opened={opened && isMounted}
        onClose={() => setOpened(false)}
        title={words.exportTitle(server.name)}
        size={720}
        closeButtonProps={{ "aria-label": common.close }}
      >
        <Exported server={server} />
      </Modal>
    </>
  );
}

function Exported({ server }: { server: Server }) {
  const text = useQuery(exportQuery(server.id));
  const [copied, setCopied] = useState<boolean | null>(null);
  if (text.isPending) return <LoadingState rows={10} />;
  if (text.isLoadingError) return <ErrorState error={text.error} onRetry={text.refetch} />;
  return (
    <div className={classes.body}>
      <p className={classes.text}>{words.exportText}</p>
      <Textarea
        aria-label={words.exported}
        classNames={{ input: "mono" }}
        value={text.data}
        readOnly
        rows={16}
        spellCheck={false}
      />
      <span className="visually-hidden" role="status">
        {copied && words.copied}
      </span>
      {copied === false && <p className={classes.text}>{common.copyFailed}</p>}
      <DialogButtons>
        <Button variant="default" onClick={() => downloadText(`schedules-${server.id}.yaml`, text.data)}>
          {words.download}
        </Button>
        <Button onClick={async () => setCopied(await copyText(text.data))} data-autofocus>
          {copied ? words.copied : words.copy}
        </Button>
      </DialogButtons>
    </div>
  );
}

export function ImportButton({ server }: { server: Server }) {
  const [opened, setOpened] = useState(false);
  const isMounted = useMounted();
  const close = () => setOpened(false);
  return (
    <>
      <Button variant="default" onClick={() => setOpened(true)}>
        {listWords.fromText}
      </Button>
      <Modal
        opened={opened && isMounted}
        onClose={close}
        title={words.importTitle(server.name)}
        size={720}
        closeButtonProps={{ "aria-label": common.close }}
      >
        <Import server={server} onClose={close} />
      </Modal>
    </>
  );
}

function Import({ server, onClose }: { server: Server; onClose: () => void }) {
  const [text, setText] = useState("");
  const [removesOthers, setRemovesOthers] = useState(false);
  const [wrongFile, setWrongFile] = useState(false);
  const look = useApplyText(server.id);
  const apply = useApplyText(server.id);
  const change = (next: string, removes = removesOthers) => {
    setText(next);
    setRemovesOthers(removes);
    setWrongFile(false);
    look.reset();
    apply.reset();
  };
  const read = async (file: File | null) => {
    if (!file) return;
    if (file.size > MOST_CHARACTERS) setWrongFile(true);
    else change(await file.text());
  };
  const body = { yaml: text, remove_others: removesOthers };
  const found = look.data;
  const changes = found ? found.added.length + found.changed.length + found.removed.length : 0;
  const begin = () =>
    apply.mutate(
      { ...body, dry_run: false },
      {
        onSuccess: () => {
          notifications.show({ message: words.done });
          onClose();
        },
      },
    );
  return (
    <form
      className={classes.body}
      onSubmit={(event) => {
        event.preventDefault();
        if (found) begin();
        else look.mutate({ ...body, dry_run: true });
      }}
      noValidate
    >
      <p className={classes.text}>{words.importText}</p>
      <div className={classes.file}>
        <FileChooser accept=".yaml,.yml,.txt,application/yaml,text/plain" onChange={(file) => void read(file)}>
          {(props) => (
            <Button variant="default" size="xs" {...props}>
              {words.file}
            </Button>
          )}
        </FileChooser>
      </div>
      <Textarea
        label={words.text}
        classNames={{ input: "mono" }}
        value={text}
        rows={12}
        maxLength={MOST_CHARACTERS}
        spellCheck={false}
        error={wrongFile ? words.tooLarge : fieldErrors(look.error).yaml}
        onChange={(event) => change(event.currentTarget.value)}
        data-autofocus
      />
      <Checkbox
        label={words.removeOthers}
        checked={removesOthers}
        onChange={(event) => change(text, event.currentTarget.checked)}
      />
      <FormError error={apply.error ?? look.error} />
      {found && <Found applied={found} changes={changes} />}
      <DialogButtons>
        <Button variant="default" onClick={onClose}>
          {common.cancel}
        </Button>
        {found && changes > 0 ? (
          <Button type="submit" color={found.removed.length > 0 ? "red" : undefined} loading={apply.isPending}>
            {words.apply(changes)}
          </Button>
        ) : (
          <Button type="submit" loading={look.isPending} disabled={text.trim() === "" || found !== undefined}>
            {words.look}
          </Button>
        )}
      </DialogButtons>
    </form>
  );
}

function Found({ applied, changes }: { applied: Applied; changes: number }) {
  const groups = [
    { name: words.added, items: applied.added },
    { name: words.changed, items: applied.changed },
    { name: words.removed, items: applied.removed },
    { name: words.unchanged, items: applied.unchanged },
  ].filter(({ items }) => items.length > 0);
  return (
    <div className={classes.found} role="status">
      {changes === 0 && <p className={classes.text}>{words.nothing}</p>}
      <dl className={classes.groups}>
        {groups.map(({ name, items }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{items.join(", ")}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
