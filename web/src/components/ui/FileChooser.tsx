import { FileButton, type FileButtonProps } from "@mantine/core";

/** Lets somebody choose a file of their machine, also the same one twice: it may be another by now, or have failed before. */
export function FileChooser<Multiple extends boolean = false>(props: FileButtonProps<Multiple>) {
  return (
    <FileButton<Multiple>
      {...props}
      inputProps={{
        onClick: (event) => {
          event.currentTarget.value = "";
        },
      }}
    />
  );
}
