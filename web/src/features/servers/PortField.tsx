import { TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { newServer as words } from "../../text/newServer";
import { portQuery } from "./api/newServer";
import classes from "./PortField.module.css";

interface PortFieldProps {
  value: string;
  onChange: (value: string) => void;
  /** What the manager said about it. */
  error?: string;
  /** The server that has this port is not counted as using it. */
  serverId?: string;
  disabled?: boolean;
  hint?: string;
}

const TYPING_MS = 350;

/** Null where it is no port. */
export function readPort(text: string): number | null {
  const port = /^\d{1,5}$/.test(text.trim()) ? Number(text.trim()) : 0;
  return port >= 1 && port <= 65_535 ? port : null;
}

/** A port, with the word of the manager whether it is free, while one types. */
export function PortField({ value, onChange, error, serverId, disabled = false, hint }: PortFieldProps) {
  const [asked] = useDebouncedValue(value, TYPING_MS);
  const port = readPort(asked);
  const check = useQuery({ ...portQuery(port, serverId), enabled: port !== null && !disabled }).data;
  const isCurrent = asked === value && check?.port === port;
  const taken = isCurrent && check && !check.is_free ? check.message : undefined;
  const wrong = readPort(value) === null ? words.portNotANumber : undefined;
  return (
    <div className={classes.port}>
      <TextInput
        label={words.port}
        description={hint ?? words.portHint}
        inputMode="numeric"
        autoComplete="off"
        className={classes.field}
        value={value}
        disabled={disabled}
        error={error ?? wrong ?? taken}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <span className={classes.free} role="status">
        {isCurrent && check?.is_free && !error && !disabled && words.portFree}
      </span>
    </div>
  );
}
