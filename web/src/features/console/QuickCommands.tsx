import { ActionIcon, Button, Menu, Modal, NativeSelect, TextInput } from "@mantine/core";
import {
  IconBolt,
  IconClock,
  IconDeviceFloppy,
  IconGauge,
  IconSpeakerphone,
  IconUsers,
  IconUserX,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { onlinePlayersQuery } from "../../api/players";
import { ErrorState } from "../../components/ui/ErrorState";
import { FormError } from "../../components/ui/FormError";
import { LoadingState } from "../../components/ui/LoadingState";
import { common } from "../../text/common";
import { quickCommands as words } from "../../text/console";
import { type Answer, useSendCommand } from "./api/commands";
import classes from "./CommandLine.module.css";

const icon = { size: 16, stroke: 1.6, "aria-hidden": true } as const;

const ENTRIES = [
  { command: "/list clients", label: words.list.menu, icon: IconUsers },
  { command: "/time", label: words.time.menu, icon: IconClock },
  { command: "/stats", label: words.stats.menu, icon: IconGauge },
  { command: "/autosavenow", label: words.save.menu, icon: IconDeviceFloppy },
] as const;

interface QuickCommandsProps {
  serverId: string;
  isDisabled: boolean;
  onSend: (command: string) => void;
  onAnswer: (answer: Answer) => void;
}

/** What is needed often, without knowing how it is written. */
export function QuickCommands({ serverId, isDisabled, onSend, onAnswer }: QuickCommandsProps) {
  const button = useRef<HTMLButtonElement>(null);
  const [form, setForm] = useState<"announce" | "kick" | null>(null);
  const open = (name: "announce" | "kick") => {
    // The menu goes; the dialog gives the focus back to what had it when it opened.
    button.current?.focus();
    setForm(name);
  };
  const close = () => setForm(null);
  const isAbout = (name: "announce" | "kick") => ({ opened: form === name, onClose: close, serverId, onAnswer });
  return (
    <>
      <Menu position="top-start" width={230}>
        <Menu.Target>
          <ActionIcon ref={button} variant="default" size={36} aria-label={words.label} disabled={isDisabled}>
            <IconBolt size={18} stroke={1.8} aria-hidden="true" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconSpeakerphone {...icon} />} onClick={() => open("announce")}>
            {words.announce.menu}
          </Menu.Item>
          {ENTRIES.map((entry) => (
            <Menu.Item key={entry.command} leftSection={<entry.icon {...icon} />} onClick={() => onSend(entry.command)}>
              {entry.label}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item className={classes.dangerous} leftSection={<IconUserX {...icon} />} onClick={() => open("kick")}>
            {words.kick.menu}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal {...dialog(isAbout("announce"), words.announce.title)}>
        <AnnounceForm {...isAbout("announce")} />
      </Modal>
      <Modal {...dialog(isAbout("kick"), words.kick.title)}>
        <KickForm {...isAbout("kick")} />
      </Modal>
    </>
  );
}

interface FormProps {
  serverId: string;
  onClose: () => void;
  onAnswer: (answer: Answer) => void;
}

const dialog = ({ opened, onClose }: { opened: boolean; onClose: () => void }, title: string) => ({
  opened,
  onClose,
  title,
  closeButtonProps: { "aria-label": common.close },
});

function useSendAndClose({ serverId, onClose, onAnswer }: FormProps) {
  return useSendCommand(serverId, (answer) => {
    onClose();
    onAnswer(answer);
  });
}

function AnnounceForm(props: FormProps) {
  const [text, setText] = useState("");
  const send = useSendAndClose(props);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim()) send.mutate(`/announce ${text.trim()}`);
  };
  return (
    <form className={classes.fields} onSubmit={submit}>
      <TextInput
        label={words.announce.text}
        description={words.announce.hint}
        autoComplete="off"
        maxLength={400}
        required
        withAsterisk={false}
        data-autofocus
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <FormError error={send.error} />
      <div className={classes.buttons}>
        <Button variant="default" onClick={props.onClose}>
          {common.cancel}
        </Button>
        <Button type="submit" loading={send.isPending}>
          {words.announce.send}
        </Button>
      </div>
    </form>
  );
}

function KickForm(props: FormProps) {
  const players = useQuery(onlinePlayersQuery(props.serverId));
  const [name, setName] = useState("");
  const [reason, setReason] = useState("");
  const send = useSendAndClose(props);
  if (players.isPending) return <LoadingState rows={3} />;
  if (players.isLoadingError) return <ErrorState error={players.error} onRetry={players.refetch} />;
  const names = players.data.items.map((player) => player.name);
  if (names.length === 0) return <p className={classes.text}>{words.kick.nobody}</p>;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name) send.mutate(["/kick", name, reason.trim()].filter(Boolean).join(" "));
  };
  return (
    <form className={classes.fields} onSubmit={submit}>
      <NativeSelect
        label={words.kick.player}
        data-autofocus
        required
        withAsterisk={false}
        data={[{ value: "", label: words.kick.choose }, ...names.map((known) => ({ value: known, label: known }))]}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label={words.kick.reason}
        description={words.kick.reasonHint}
        autoComplete="off"
        maxLength={200}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <FormError error={send.error} />
      <div className={classes.buttons}>
        <Button variant="default" onClick={props.onClose}>
          {common.cancel}
        </Button>
        <Button type="submit" color="red" loading={send.isPending} disabled={name === ""}>
          {words.kick.send(name)}
        </Button>
      </div>
    </form>
  );
}
