import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { fitOf } from "../../lib/fit";
import { printable } from "../../lib/printable";
import { fitWord, catalogServer as words } from "../../text/serverMods";
import { modQuery } from "./api/mod";

interface VersionChoiceProps {
  /** The mod's number in the catalogue. */
  catalogId: number;
  modid: string;
  serverVersion: string | null;
  /** Undefined stands for the best one. */
  value: string | undefined;
  onChange: (version: string | undefined) => void;
}

/** Which release of a mod is meant. Where its releases can't be told, the best one is taken without asking. */
export function VersionChoice({ catalogId, modid, serverVersion, value, onChange }: VersionChoiceProps) {
  const { data } = useQuery(modQuery(String(catalogId)));
  const releases = (data?.releases ?? []).filter(
    (release) => release.file_id !== null && release.modid?.toLowerCase() === modid.toLowerCase(),
  );
  return (
    <NativeSelect
      label={words.version}
      value={value ?? ""}
      onChange={(event) => onChange(event.currentTarget.value || undefined)}
    >
      <option value="">{words.bestVersion}</option>
      {releases.map(({ id, version, game_versions }) => (
        <option key={id} value={version}>
          {words.versionWithFit(
            printable(version),
            serverVersion && fitWord(fitOf(game_versions, serverVersion), serverVersion),
          )}
        </option>
      ))}
    </NativeSelect>
  );
}
