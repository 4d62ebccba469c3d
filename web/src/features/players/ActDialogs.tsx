import { NativeSelect, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type { Schema } from "../../api/client";
import { fieldErrors } from "../../components/ui/FormError";
import { whitelist as modeWords, actDialog as words } from "../../text/players";
import { ActDialog, ActForm } from "./ActDialog";
import { type Ban, type PlayerAct, usePlayerAct } from "./api/actions";
import { rolesQuery } from "./api/players";
import classes from "./PlayersTab.module.css";

export type ActName =
  | Exclude<PlayerAct["kind"], "whitelist_mode">
  | "whitelist_on"
  | "whitelist_off"
  | "whitelist_anybody";

export interface Asked {
  act: ActName;
  /** Null where it is about nobody in particular. */
  player: Schema["PlayerView"] | null;
}

interface ActDialogsProps {
  asked: Asked;
  opened: boolean;
  serverId: string;
  onClose: () => void;
}

/** The question before an act, and afterwards what the game made of it. */
export function ActDialogs({ asked, opened, serverId, onClose }: ActDialogsProps) {
  const name = asked.player?.name ?? "";
  return (
    <ActDialog opened={opened} onClose={onClose} title={titleOf(asked.act, name)}>
      <Content asked={asked} name={name} serverId={serverId} onClose={onClose} />
    </ActDialog>
  );
}

function titleOf(act: ActName, name: string): string {
  if (act === "whitelist_on") return modeWords.onTitle;
  if (act === "whitelist_off") return modeWords.offTitle;
  if (act === "whitelist_anybody") return words.whitelistAnybody.title;
  return words[act].title(name);
}

interface ContentProps {
  asked: Asked;
  name: string;
  serverId: string;
  onClose: () => void;
}

function Content({ asked, name, serverId, onClose }: ContentProps) {
  const act = usePlayerAct(serverId);
  const shared = { act, onClose };
  switch (asked.act) {
    case "kick":
      return <Kick {...shared} name={name} />;
    case "ban":
      return <BanForm {...shared} name={name} />;
    case "unban":
      return <Plain {...shared} does={{ kind: "unban", name }} text={words.unban.text} confirm={words.unban.confirm} />;
    case "whitelist":
      return (
        <Plain
          {...shared}
          does={{ kind: "whitelist", name }}
          text={words.whitelist.text}
          confirm={words.whitelist.confirm(name)}
        />
      );
    case "unwhitelist":
      return (
        <Plain
          {...shared}
          does={{ kind: "unwhitelist", name }}
          text={words.unwhitelist.text}
          confirm={words.unwhitelist.confirm(name)}
          isDangerous
        />
      );
    case "op":
      return (
        <Plain
          {...shared}
          does={{ kind: "op", name }}
          text={words.op.text}
          confirm={words.op.confirm(name)}
          isDangerous
        />
      );
    case "role":
      return <RoleForm {...shared} serverId={serverId} name={name} known={asked.player?.role ?? null} />;
    case "whitelist_anybody":
      return <WhitelistAnybody {...shared} />;
    case "whitelist_on":
      return (
        <Plain
          {...shared}
          does={{ kind: "whitelist_mode", mode: "on" }}
          text={modeWords.onText}
          confirm={modeWords.onConfirm}
        />
      );
    case "whitelist_off":
      return (
        <Plain
          {...shared}
          does={{ kind: "whitelist_mode", mode: "off" }}
          text={modeWords.offText}
          confirm={modeWords.offConfirm}
          isDangerous
        />
      );
  }
}

interface FormProps {
  act: ReturnType<typeof usePlayerAct>;
  onClose: () => void;
}

interface PlainProps extends FormProps {
  does: PlayerAct;
  text: ReactNode;
  confirm: string;
  isDangerous?: boolean;
}

function Plain({ act, onClose, does, text, confirm, isDangerous }: PlainProps) {
  return (
    <ActForm act={act} onClose={onClose} does={() => does} confirm={confirm} isDangerous={isDangerous}>
      <p className={classes.text}>{text}</p>
    </ActForm>
  );
}

function Kick({ act, onClose, name }: FormProps & { name: string }) {
  const [reason, setReason] = useState("");
  const does = (): PlayerAct => ({ kind: "kick", name, reason: reason.trim() || null });
  return (
    <ActForm act={act} onClose={onClose} does={does} confirm={words.kick.confirm(name)} isDangerous>
      <p className={classes.text}>{words.kick.text}</p>
      <ReasonField value={reason} onChange={setReason} error={fieldErrors(act.error).reason} />
    </ActForm>
  );
}

const UNITS: readonly Ban["unit"][] = ["minute", "hour", "day", "week", "year"];

function BanForm({ act, onClose, name }: FormProps & { name: string }) {
  const [amount, setAmount] = useState("1");
  const [unit, setUnit] = useState<Ban["unit"]>("week");
  const [reason, setReason] = useState("");
  const count = /^\d{1,4}$/.test(amount.trim()) ? Number(amount) : 0;
  const isValid = count >= 1 && count <= 1000;
  const does = (): PlayerAct | null =>
    isValid ? { kind: "ban", name, amount: count, unit, reason: reason.trim() || null } : null;
  return (
    <ActForm act={act} onClose={onClose} does={does} confirm={words.ban.confirm(name)} isDangerous>
      <p className={classes.text}>{words.ban.text}</p>
      <div className={classes.length}>
        <TextInput
          className={classes.amount}
          label={words.ban.amount}
          inputMode="numeric"
          autoComplete="off"
          data-autofocus
          error={isValid ? fieldErrors(act.error).amount : words.ban.notANumber}
          value={amount}
          onChange={(event) => setAmount(event.currentTarget.value)}
        />
        <NativeSelect
          className={classes.unit}
          label={words.ban.unit}
          data={UNITS.map((value) => ({ value, label: words.ban.unitWord(value, count) }))}
          value={unit}
          onChange={(event) => setUnit(event.currentTarget.value as Ban["unit"])}
        />
      </div>
      <ReasonField value={reason} onChange={setReason} error={fieldErrors(act.error).reason} />
    </ActForm>
  );
}

interface ReasonFieldProps {
  value: string;
  onChange: (value: string) => void;
  error: string | undefined;
}

function ReasonField({ value, onChange, error }: ReasonFieldProps) {
  return (
    <TextInput
      label={words.kick.reason}
      description={words.kick.reasonHint}
      autoComplete="off"
      maxLength={200}
      error={error}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

interface RoleFormProps extends FormProps {
  serverId: string;
  name: string;
  known: string | null;
}

function RoleForm({ act, onClose, serverId, name, known }: RoleFormProps) {
  const roles = useQuery(rolesQuery(serverId)).data?.items ?? [];
  const [role, setRole] = useState("");
  const does = (): PlayerAct | null => (role && role !== known ? { kind: "role", name, role } : null);
  return (
    <ActForm act={act} onClose={onClose} does={does} confirm={words.role.confirm}>
      <NativeSelect
        label={words.role.label}
        description={words.role.text}
        data-autofocus
        error={fieldErrors(act.error).role}
        data={[
          ...(known ? [] : [{ value: "", label: words.role.choose }]),
          ...roles.map(({ code, name: title }) => ({ value: code, label: words.role.option(code, title) })),
        ]}
        value={role || (known ?? "")}
        onChange={(event) => setRole(event.currentTarget.value)}
      />
    </ActForm>
  );
}

function WhitelistAnybody({ act, onClose }: FormProps) {
  const [name, setName] = useState("");
  const does = (): PlayerAct | null => (name.trim() ? { kind: "whitelist", name: name.trim() } : null);
  return (
    <ActForm act={act} onClose={onClose} does={does} confirm={words.whitelistAnybody.confirm}>
      <TextInput
        label={words.whitelistAnybody.name}
        description={words.whitelistAnybody.nameHint}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={16}
        data-autofocus
        error={fieldErrors(act.error).name}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
    </ActForm>
  );
}
