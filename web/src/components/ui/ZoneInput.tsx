import { Autocomplete } from "@mantine/core";
import { useMemo } from "react";
import { allZones } from "../../lib/zones";
import { zoneInput as words } from "../../text/time";

interface ZoneInputProps {
  value: string;
  error: string | undefined;
  onChange: (zone: string) => void;
  className?: string;
}

const SHOWN = 30;

/** An IANA time zone, found by a part of its name. */
export function ZoneInput({ value, error, onChange, className }: ZoneInputProps) {
  const zones = useMemo(allZones, []);
  return (
    <Autocomplete
      className={className}
      label={words.label}
      description={words.hint}
      data={zones}
      limit={SHOWN}
      value={value}
      error={error}
      spellCheck={false}
      onChange={onChange}
    />
  );
}
