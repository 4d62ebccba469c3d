import { SegmentedControl } from "@mantine/core";
import type { ConfigFile } from "../../api/serverConfig";
import { configVersions as words } from "../../text/serverConfig";
import classes from "./Config.module.css";

const FILES = [
  { value: "serverconfig", label: "serverconfig" },
  { value: "servermagicnumbers", label: "servermagicnumbers" },
];

/** Which of the two files a page is about. */
export function FileChoice({ file, onChoose }: { file: ConfigFile; onChoose: (file: ConfigFile) => void }) {
  return (
    <SegmentedControl
      className={classes.file}
      aria-label={words.file}
      data={FILES}
      value={file}
      onChange={(value) => onChoose(value === "servermagicnumbers" ? value : "serverconfig")}
    />
  );
}
