import { Button, Modal, TextInput } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import { type FormEvent, useState } from "react";
import { useInstallVersion } from "../../api/installedVersions";
import { FormError, fieldErrors } from "../../components/ui/FormError";
import { common } from "../../text/common";
import { installedVersions as words } from "../../text/gameVersions";
import classes from "./InstalledVersions.module.css";

/** Installs a version from an archive that lies on this machine, for one that has no way to the internet. */
export function InstallArchive() {
  const [opened, setOpened] = useState(false);
  const isMounted = useMounted();
  const close = () => setOpened(false);
  return (
    <>
      <Button variant="default" size="xs" onClick={() => setOpened(true)}>
        {words.fromArchive}
      </Button>
      <Modal
        opened={opened && isMounted}
        onClose={close}
        title={words.archiveTitle}
        closeButtonProps={{ "aria-label": common.close }}
      >
        <ArchiveForm onDone={close} />
      </Modal>
    </>
  );
}

function ArchiveForm({ onDone }: { onDone: () => void }) {
  const [path, setPath] = useState("");
  const [isWrong, setIsWrong] = useState(false);
  const install = useInstallVersion({ isForm: true });
  const fieldError = isWrong ? words.archiveWrong : fieldErrors(install.error).archive;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const isPath = path.trim().startsWith("/");
    setIsWrong(!isPath);
    if (isPath) install.mutate({ archive: path.trim() }, { onSuccess: onDone });
  };
  return (
    <form className={classes.form} onSubmit={submit} noValidate>
      <TextInput
        label={words.archive}
        description={words.archiveHint}
        autoComplete="off"
        spellCheck={false}
        data-autofocus
        classNames={{ input: "mono" }}
        value={path}
        error={fieldError}
        onChange={(event) => {
          setPath(event.currentTarget.value);
          setIsWrong(false);
        }}
      />
      {!fieldError && <FormError error={install.error} />}
      <div className={classes.buttons}>
        <Button variant="default" onClick={onDone}>
          {common.cancel}
        </Button>
        <Button type="submit" loading={install.isPending}>
          {words.install}
        </Button>
      </div>
    </form>
  );
}
