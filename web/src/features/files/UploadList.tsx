import { Button } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { ProgressLine } from "../../components/ui/ProgressLine";
import { StateMark } from "../../components/ui/StateMark";
import { printable } from "../../lib/printable";
import { fileUploads as words } from "../../text/files";
import classes from "./files.module.css";
import { type FileUploads, progressOf, shareOf, sizeOf, type Upload } from "./useFileUploads";

export function UploadList({ uploads }: { uploads: FileUploads }) {
  if (uploads.uploads.length === 0) return null;
  return (
    <ul className={classes.uploads} aria-label={words.list}>
      {uploads.uploads.map((upload) => (
        <UploadRow key={upload.id} upload={upload} uploads={uploads} />
      ))}
    </ul>
  );
}

function UploadRow({ upload, uploads }: { upload: Upload; uploads: FileUploads }) {
  const name = printable(upload.file.name);
  const isOver = upload.state === "done" || upload.state === "failed";
  return (
    <li className={classes.upload}>
      <div className={classes.uploadLine}>
        <span className={classes.uploadName}>{name}</span>
        <span className="quiet tabular">{sizeOf(upload)}</span>
        {upload.state === "done" && <StateMark tone="ok" label={words.done} quiet />}
        {upload.state === "waiting" && <StateMark tone="off" label={words.waiting} quiet />}
        <button
          type="button"
          className={classes.cross}
          aria-label={isOver ? words.forget(name) : words.cancel(name)}
          onClick={() => uploads.forget(upload.id)}
        >
          <IconX size={14} stroke={2} aria-hidden="true" />
        </button>
      </div>
      {upload.state === "sending" && <ProgressLine message={progressOf(upload)} progress={shareOf(upload)} />}
      {upload.problem !== null && (
        <div className={classes.uploadLine} role="alert">
          <StateMark tone="bad" label={printable(upload.problem)} quiet isSentence />
          {upload.isTaken && (
            <Button
              size="compact-sm"
              variant="default"
              title={words.replaceHint}
              onClick={() => uploads.replace(upload)}
            >
              {words.replace}
            </Button>
          )}
        </div>
      )}
    </li>
  );
}
