import { SegmentedControl } from "@mantine/core";
import type { ReactNode } from "react";
import type { ConfigFile } from "../../api/serverConfig";
import { configVersions as words } from "../../text/serverConfig";
import classes from "./Config.module.css";
import { ConfigNav } from "./ConfigNav";

const FILES = [
  { value: "serverconfig", label: "serverconfig" },
  { value: "servermagicnumbers", label: "servermagicnumbers" },
];

interface ConfigFilePageProps {
  serverId: string;
  lead: string;
  file: ConfigFile;
  /** Called with what the address says of the file that was chosen. */
  onChoose: (search: { file?: "servermagicnumbers" }) => void;
  children: ReactNode;
}

/** A page about one of the two files. */
export function ConfigFilePage({ serverId, lead, file, onChoose, children }: ConfigFilePageProps) {
  return (
    <div className={classes.tab}>
      <ConfigNav serverId={serverId} />
      <p className={classes.lead}>{lead}</p>
      <SegmentedControl
        className={classes.file}
        aria-label={words.file}
        data={FILES}
        value={file}
        onChange={(value) => onChoose(value === "servermagicnumbers" ? { file: value } : {})}
      />
      {children}
    </div>
  );
}
